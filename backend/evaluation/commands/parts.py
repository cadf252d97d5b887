"""evaluate parts: whether eyes, teeth, tongue, lashes, brows and beards move as they should."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from backend.evaluation.selection import add_selection, selected

SUMMARY = "how eyes, teeth, tongue and what rides on the skin move with the shapes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which characters, and where the figures go besides."""
    add_selection(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured there")


def run(arguments: argparse.Namespace) -> int:
    """Prints a line per character as it is done, then the table."""
    from backend.evaluation.parts import evaluate_parts
    from backend.evaluation.parts_table import table

    paths = selected(arguments)
    evaluations = []
    for number, path in enumerate(paths, start=1):
        print(f"{number}/{len(paths)} {path.parent.name}", flush=True)
        evaluations.append(evaluate_parts(path))
    print(f"\n{table(evaluations)}")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in evaluations], indent=1), encoding="utf-8")
    return 0
