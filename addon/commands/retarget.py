"""blender --command facsimile retarget: a performance onto a character's own controls."""

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import bpy
import numpy as np

from ...backend.errors import Refusal
from ...backend.rigs.mapping import read_mapping, write_mapping
from ..animation import frame_rate
from ..baking import as_wanted
from ..character import read_character, rig_of
from ..choices import Where
from ..control_curves import bake_controls
from ..counting import counted
from ..residual import MILLIMETRES, scene_scale, share_missed
from ..retarget_run import Run
from ..retargeting import Retargeted, retargeting
from ..rig_properties import COLLECTION, NONE, VISIBLE
from ..session import SESSION
from ..takes import read_take
from .bake_arguments import add_bake_arguments, add_clip_arguments, requested_options
from .files import check_blend, chosen_meshes, load, save
from .progress import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SUMMARY = "put a performance onto a character's own controls: keys of any names, bones, properties"


def add_arguments(verb: "ArgumentParser") -> None:
    """The character, the performance, how it is put on, and which controls take part."""
    add_clip_arguments(verb)
    verb.add_argument(
        "--bones",
        default="",
        metavar="COLLECTION",
        help="the bone collection that has the controls, or none (default: all visible bones)",
    )
    verb.add_argument("--no-keys", action="store_true", help="leave shape keys alone")
    verb.add_argument("--no-properties", action="store_true", help="leave custom properties alone")
    verb.add_argument("--scale", action="store_true", help="scale bones as well")
    verb.add_argument("--mapping", type=Path, metavar="MAPPING.json", help="which control follows which channels")
    verb.add_argument("--mapping-out", type=Path, metavar="MAPPING.json", help="also the mapping that was used")
    verb.add_argument("--residual-out", type=Path, metavar="R.csv", help="also what is missed, in mm, frame by frame")
    # A body has an action already that has to go on.
    add_bake_arguments(verb, "meshes", Where.REPLACE)


def run(arguments: "Namespace") -> int:
    """Load a scene, animate the controls, save. Raises Refusal."""
    check_blend(arguments.out)
    options, take = requested_options(arguments), read_take(arguments.performance)
    given = read_mapping(arguments.mapping) if arguments.mapping else {}
    load(arguments.scene)
    meshes = chosen_meshes(arguments.objects)
    chosen = SimpleNamespace(
        keys=not arguments.no_keys,
        custom=not arguments.no_properties,
        bones=NONE if arguments.bones == "none" else COLLECTION if arguments.bones else VISIBLE,
        collection=arguments.bones,
        location=True,
        rotation=True,
        scale=arguments.scale,
    )
    character = read_character(meshes, rig_of(None, meshes), chosen)
    rate = frame_rate(bpy.context.scene.render)
    motion = as_wanted(take.motion, options, rate)
    result = Run(retargeting, character, motion, given, SESSION.queue).finish()
    done = bake_controls(result, motion, take.name, rate, options)
    save(arguments.out)
    for path, write in ((arguments.mapping_out, write_map), (arguments.residual_out, write_residual)):
        if path is not None:
            try:
                write(path, result)
            except OSError as error:
                raise Refusal(
                    "unwritable", f"{path} cannot be written ({error.strerror}).", "Check the path."
                ) from error
    frames = counted(len(result.values), "1 frame", "{} frames")
    controls = counted(len(character.controls), "1 control", "{} controls")
    print(f"{frames} at {result.fps:g} fps for {controls}")
    for name, missed, share in share_missed(result):
        print(f"  {name}: misses {missed:.3f} mm, {share:.0%} of the motion")
    for note in (*result.study.notes, *done.warnings):
        print(f"  {note}")
    for one in done.baked:
        print(f"  {one.summary}")
    print(f"written to {arguments.out}", flush=True)
    return DONE


def write_map(path: Path, result: Retargeted) -> None:
    """The mapping that was used, as JSON. Raises OSError."""
    write_mapping(path, result.mapping)


def write_residual(path: Path, result: Retargeted) -> None:
    """A row for each frame that was measured: its number in the performance, and millimetres missed. Raises OSError."""
    rows = np.column_stack([result.frames, result.residual * MILLIMETRES * scene_scale()])
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["frame", "face", *result.regions])
        table.writerows([int(row[0]), *(f"{value:.5f}" for value in row[1:])] for row in rows)
