"""evaluate shapes: the shapes of a corpus against artists' keys and simpler methods."""

import argparse
import json
from functools import partial
from pathlib import Path

from backend.evaluation.selection import add_reference, add_selection, names, reference, selected

SUMMARY = "direction, region, strength, seals and confidence of shapes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured beside ours, and how it is shown."""
    add_selection(parser)
    add_reference(parser)
    parser.add_argument("--baselines", default="icp,nricp", help="simpler methods to measure beside (icp,nricp)")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="other weights of the cloning network than ours")
    parser.add_argument("--nfs", type=Path, metavar="FOLDER", help="also measure the NFS checkpoint in this folder")
    parser.add_argument("--channels", action="store_true", help="also a table of every channel, weakest first")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured there")


def run(arguments: argparse.Namespace) -> int:
    """Prints a line per character as it is done, then the tables."""
    from backend.cloning.model import WEIGHTS
    from backend.device import choose_device
    from backend.evaluation.baselines import load_baselines
    from backend.evaluation.shapes import evaluate_character, product_shapes
    from backend.evaluation.table import as_json, channel_table, table
    from third_party.nfs.checkpoint import read_checkpoint

    paths = selected(arguments)
    methods = names(arguments.baselines)
    baselines = load_baselines(reference(arguments), methods) if methods else None
    checkpoint = read_checkpoint(arguments.nfs, choose_device()) if arguments.nfs else None
    build = partial(product_shapes, weights=arguments.weights or WEIGHTS)
    evaluations = []
    for number, path in enumerate(paths, start=1):
        print(f"{number}/{len(paths)} {path.parent.name}", flush=True)
        evaluations.append(evaluate_character(path, baselines, build, checkpoint))
    if arguments.channels:
        for evaluation in evaluations:
            if evaluation.channels:
                print(f"\n{channel_table(evaluation)}")
    print(f"\n{table(evaluations)}")
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(evaluations), indent=1), encoding="utf-8")
    return 0
