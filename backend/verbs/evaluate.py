"""The verb evaluate: measure the product on characters with artists' keys."""

import argparse
import json
from pathlib import Path

SUMMARY = "measure the shapes of a corpus of characters against artists' keys and a simpler method"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured, on which corpus, and how it is shown."""
    parser.add_argument("what", choices=["shapes"], help="what to measure")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of characters, each NAME/character.npz")
    parser.add_argument("--only", default="", help="names of characters, separated by commas")
    parser.add_argument("--reference", type=Path, help="ict_facekit.npz for the baseline (default: beside the corpus)")
    parser.add_argument("--channels", action="store_true", help="also a table of every channel, weakest first")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured there")


def run(arguments: argparse.Namespace) -> int:
    """Prints a line per character as it is done, then the tables."""
    from backend.evaluation.character import corpus_characters
    from backend.evaluation.icp import ict_reference
    from backend.evaluation.shapes import evaluate_character
    from backend.evaluation.table import as_json, channel_table, table

    only = tuple(name.strip() for name in arguments.only.split(",") if name.strip())
    paths = corpus_characters(arguments.corpus, only)
    reference = ict_reference(arguments.reference or arguments.corpus.resolve().parent / "ict_facekit.npz")
    evaluations = []
    for number, path in enumerate(paths, start=1):
        print(f"{number}/{len(paths)} {path.parent.name}", flush=True)
        evaluations.append(evaluate_character(path, reference))
    if arguments.channels:
        for evaluation in evaluations:
            if evaluation.channels:
                print(f"\n{channel_table(evaluation)}")
    print(f"\n{table(evaluations)}")
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(evaluations), indent=1), encoding="utf-8")
    return 0
