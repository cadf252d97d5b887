"""evaluate independence: whether a head gets the same shapes however it stands, is cropped or meshed."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from backend.evaluation.selection import add_selection, selected

SUMMARY = "the same head turned, scaled, moved, cropped, remeshed, without eyes or teeth, against itself"

CHARACTERS = ("apple_face_example", "facecap_generic", "facecap_livemode", "rpm_template")
"""What is measured where no names are given: a mask, a head, a bust and a whole body."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which characters in which guises, and where figures go."""
    add_selection(parser)
    parser.add_argument("--guise", default="", metavar="TEXT", help="only guises whose names have this in them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured there")


def run(arguments: argparse.Namespace) -> int:
    """Prints a table per character as it is done. Raises Refusal where a character is refused as it is."""
    from backend.evaluation.independence import compare_guises, independence_table
    from backend.geometry.read import read_head

    found = {}
    for path in selected(arguments, CHARACTERS):
        differences = list(compare_guises(read_head(path), only=arguments.guise))
        found[path.parent.name] = [asdict(one) for one in differences]
        print(f"{independence_table(path.parent.name, differences)}\n", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0
