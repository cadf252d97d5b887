"""evaluate retarget: a recording on characters' own keys without their names, against what the names would do."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backend.errors import Refusal
from backend.evaluation.commands.codes import RECORDINGS
from backend.evaluation.selection import add_reference, add_selection, names, reference

SUMMARY = "curves for keys of unknown names: motion missed, channels recovered, round trips, speed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is performed, and where else the figures go."""
    add_selection(parser)
    parser.add_argument("--clip", type=Path, help="a performance (default: the corpus' motion/alex_rom_3.csv)")
    parser.add_argument("--rigify", action="store_true", help="also Blender's own face rig; takes minutes, needs bpy")
    parser.add_argument("--mpfb", type=Path, metavar="DATA", help="also MPFB's, from its data folder; the same")
    parser.add_argument("--long", action="store_true", help="also ten minutes at 60 frames/s; takes 12 GB of the disk")
    add_reference(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured there")


def run(arguments: argparse.Namespace) -> int:
    """Prints the name of each character before its work, then the table."""
    from backend.capture import read_performance
    from backend.evaluation.bones import bones_table, bones_targets
    from backend.evaluation.character import corpus_characters
    from backend.evaluation.clip_speed import measure_speed, speed_targets
    from backend.evaluation.in_blender import can_measure, curve_targets, measure
    from backend.evaluation.keyed_heads import character_head, wholly_keyed
    from backend.evaluation.retarget import actor, measure_retarget
    from backend.evaluation.retarget_table import retarget_table, retarget_targets
    from backend.evaluation.targets import targets_table

    clip = arguments.clip or arguments.corpus / "motion" / "alex_rom_3.csv"
    motion = read_performance(clip)
    paths = corpus_characters(arguments.corpus, names(arguments.only) or wholly_keyed(arguments.corpus))
    actors = []
    for at, path in enumerate(paths, start=1):
        print(f"{at}/{len(paths)} {path.parent.name}: building its shapes", flush=True)
        actors.append(actor(character_head(path)))
    figures = []
    for at, one in enumerate(actors, start=1):
        print(f"{at}/{len(actors)} {one.head.name}: measuring", flush=True)
        figures.append(measure_retarget(one, [other for other in actors if other is not one], motion))
    print("Measuring the speed", flush=True)
    recordings = [arguments.corpus / "motion" / name for name in RECORDINGS]
    speed = measure_speed(reference(arguments), motion, recordings, arguments.long)
    print(f"\n{retarget_table(figures)}")
    targets = retarget_targets(figures) + speed_targets(speed)
    measured: dict[str, Any] = {"characters": [asdict(one) for one in figures], "speed": asdict(speed)}
    if can_measure():
        measured["curves"] = measure("curve_speed")
        targets += curve_targets(measured["curves"])
    rigs: dict[str, tuple[str, ...]] = {"Rigify": ()} if arguments.rigify else {}
    if arguments.mpfb:
        rigs["MPFB"] = (f"--mpfb={arguments.mpfb.resolve()}",)
    if rigs and not can_measure():
        raise Refusal("no-bpy", "Blender is no module of this Python.", "Run it in the environment of build.py.")
    for name, options in rigs.items():
        print(f"\nThe bones of {name}", flush=True)
        found = measured[name] = measure("bone_figures", f"--clip={clip.resolve()}", *options)
        print(f"\n{bones_table(name, found)}")
        targets += bones_targets(name, found)
    print(f"\n{targets_table(targets)}")
    if arguments.json:
        arguments.json.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    return 0
