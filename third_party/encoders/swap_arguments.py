"""The arguments of the verbs that swap faces; light, so that the help is instant."""

import argparse
from pathlib import Path


def add_swap_arguments(parser: argparse.ArgumentParser, taken: str) -> None:
    """Whose face, whose look or expression, the files that the user owns, and where the result goes."""
    parser.add_argument(
        "--source", type=Path, required=True, metavar="FACE", help="a photograph or a film: who is seen"
    )
    parser.add_argument(
        "--target",
        type=Path,
        metavar="FACE",
        help=f"a photograph or a film: whose {taken} is taken (default: the source's own, a reconstruction)",
    )
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="TEASER.pt", help="TEASER's file")
    parser.add_argument(
        "--flame", type=Path, required=True, metavar="FLAME_FILE", help="FLAME 2020 as you downloaded it"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a picture, or a film (.mp4) of a film")
    parser.add_argument(
        "--strip", action="store_true", help="source, mesh, result and target side by side, as TEASER's authors show it"
    )
    parser.add_argument("--progress", action="store_true", help="show progress even where nobody sits at the terminal")
