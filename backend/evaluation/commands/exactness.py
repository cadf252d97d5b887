"""evaluate exactness: what must hold of shapes whatever an artist would say."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from backend.evaluation.selection import add_selection, selected

SUMMARY = "what may not move, mirror symmetry, folds, and how well eyes and mouths close"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which characters, and where figures go."""
    add_selection(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured there")


def run(arguments: argparse.Namespace) -> int:
    """Prints a line per character as it is done, then the table."""
    from backend.evaluation.exactness import evaluate_exactness
    from backend.evaluation.exactness_table import table

    evaluations = []
    paths = selected(arguments)
    for number, path in enumerate(paths, start=1):
        print(f"{number}/{len(paths)} {path.parent.name}", flush=True)
        evaluations.append(evaluate_exactness(path))
    print(f"\n{table(evaluations)}")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in evaluations], indent=1), encoding="utf-8")
    return 0
