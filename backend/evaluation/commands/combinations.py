"""evaluate combinations: whether shapes that come together collide, with and without their corrective keys."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from backend.evaluation.selection import add_selection, selected

SUMMARY = "collisions of lips, teeth and lids where shapes come together, with and without correctives"

CAST = ("facecap_generic", "facecap_livemode", "rpm_template", "seed_san", "sumerian_cristine", "sumerian_preston")
"""Characters with lips that open and teeth."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which characters, those of CAST by default, and where the figures go besides."""
    add_selection(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured there")


def run(arguments: argparse.Namespace) -> int:
    """Prints a line per character as it is done, then the table."""
    from backend.evaluation.combinations import evaluate_combinations
    from backend.evaluation.combinations_table import table

    paths = selected(arguments, CAST)
    evaluations = []
    for number, path in enumerate(paths, start=1):
        print(f"{number}/{len(paths)} {path.parent.name}", flush=True)
        evaluations.append(evaluate_combinations(path))
    print(f"\n{table(evaluations)}")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in evaluations], indent=1), encoding="utf-8")
    return 0
