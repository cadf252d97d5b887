"""evaluate gallery: a page of pictures of shapes beside the artists' and a simpler method's."""

import argparse
from pathlib import Path

from backend.evaluation.selection import add_reference, add_selection, names, reference

SUMMARY = "a page of pictures: ours, the artist's and non-rigid ICP's shapes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose pictures, and where they go."""
    add_selection(parser)
    add_reference(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the page and its pictures go")


def run(arguments: argparse.Namespace) -> int:
    """Prints the name of each character before its work."""
    from backend.evaluation.baselines import load_baselines
    from backend.evaluation.character import corpus_characters
    from backend.evaluation.gallery import CAST, write_gallery
    from backend.evaluation.licences import check_pictures, read_credits

    cast = names(arguments.only) or CAST
    credits = read_credits(arguments.corpus)
    check_pictures(cast, credits, arguments.out)
    paths = {path.parent.name: path for path in corpus_characters(arguments.corpus, cast)}
    baselines = load_baselines(reference(arguments), ("nricp",))
    write_gallery(
        [paths[name] for name in cast], credits, arguments.out, baselines.reference, baselines.methods["nricp"]
    )
    return 0
