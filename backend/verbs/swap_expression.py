"""The verb swap-expression: TEASER's, with the checkpoint and the FLAME file of its user."""

import argparse
import sys

from backend.output import terminal_progress
from third_party.encoders.swap_arguments import add_swap_arguments

SUMMARY = "draw a face anew with another's expression, by the codes of a TEASER that you own"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Pictures or films, the files that the user owns, and where the result goes."""
    add_swap_arguments(parser, "expression")


def run(arguments: argparse.Namespace) -> int:
    """Writes the picture or film. Raises Refusal."""
    from third_party.encoders.swap import swap

    print(swap(arguments, "expression", terminal_progress(sys.stderr.isatty(), arguments.progress)))
    return 0
