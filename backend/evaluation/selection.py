"""Which characters an evaluation is about: the arguments that all evaluations share."""

import argparse
from pathlib import Path


def add_selection(parser: argparse.ArgumentParser) -> None:
    """The corpus, and which of it."""
    parser.add_argument("--corpus", type=Path, required=True, help="folder of characters, each NAME/character.npz")
    parser.add_argument("--only", default="", help="names of characters, separated by commas")


def selected(arguments: argparse.Namespace, otherwise: tuple[str, ...] = ()) -> list[Path]:
    """The files of the characters that are wanted, or of `otherwise`, or all, in the order of the corpus. Raises
    Refusal."""
    from backend.evaluation.character import corpus_characters

    return corpus_characters(arguments.corpus, names(arguments.only) or otherwise)


def names(text: str) -> tuple[str, ...]:
    """What an argument lists, separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def add_reference(parser: argparse.ArgumentParser) -> None:
    """The head that simpler methods carry shapes over from."""
    parser.add_argument("--reference", type=Path, help="ict_facekit.npz for the baselines (default: beside the corpus)")


def reference(arguments: argparse.Namespace) -> Path:
    """Where that head is."""
    return arguments.reference or arguments.corpus.resolve().parent / "ict_facekit.npz"
