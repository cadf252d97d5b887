"""evaluate retarget: a recording on characters' own keys without their names, against what the names would do."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from backend.errors import Refusal
from backend.evaluation.commands.codes import KEYED
from backend.evaluation.selection import add_selection, names

SUMMARY = "curves for keys of unknown names: motion missed, channels recovered, round trips, speed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is performed, and where else the figures go."""
    add_selection(parser)
    parser.add_argument("--clip", type=Path, help="a performance (default: the corpus' motion/alex_rom_3.csv)")
    parser.add_argument("--rigify", action="store_true", help="also Blender's own face rig; takes minutes, needs bpy")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured there")


def run(arguments: argparse.Namespace) -> int:
    """Prints the name of each character before its work, then the table."""
    from backend.capture import read_performance
    from backend.evaluation.character import corpus_characters
    from backend.evaluation.keyed_heads import character_head
    from backend.evaluation.retarget import measure_retarget
    from backend.evaluation.retarget_table import retarget_table
    from backend.evaluation.rigify import can_measure, measure_rigify, rigify_table

    clip = arguments.clip or arguments.corpus / "motion" / "alex_rom_3.csv"
    motion = read_performance(clip)
    paths = corpus_characters(arguments.corpus, names(arguments.only) or KEYED)
    figures = []
    for at, path in enumerate(paths, start=1):
        print(f"{at}/{len(paths)} {path.parent.name}", flush=True)
        figures.append(measure_retarget(character_head(path), motion))
    print(f"\n{retarget_table(figures)}")
    rigged = None
    if arguments.rigify:
        if not can_measure():
            raise Refusal("no-bpy", "Blender is no module of this Python.", "Run it in the environment of build.py.")
        print("\nBlender's Rigify on the open head", flush=True)
        rigged = measure_rigify(clip)
        print(f"\n{rigify_table(rigged)}")
    if arguments.json:
        arguments.json.write_text(
            json.dumps([*(asdict(one) for one in figures), *([rigged] if rigged else [])], indent=1), encoding="utf-8"
        )
    return 0
