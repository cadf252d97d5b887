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
from ..character import read_character, rig_of
from ..control_curves import write_used
from ..residual import MILLIMETRES, scene_scale, share_missed
from ..retarget_run import Retargeting
from ..retargeting import Retargeted
from ..rig_properties import COLLECTION, NONE, VISIBLE
from ..session import SESSION
from .files import check_blend, chosen_meshes, load, names_in, save
from .progress import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SUMMARY = "put a performance onto a character's own controls: keys of any names, bones, properties"


def add_arguments(verb: "ArgumentParser") -> None:
    """The character, the performance, and which controls take part."""
    verb.add_argument("scene", type=Path, metavar="SCENE", help="a .blend, or another file with a character")
    verb.add_argument(
        "--performance", type=Path, required=True, metavar="CLIP", help="a .csv of Live Link Face, a .txt, or an .npz"
    )
    verb.add_argument("--out", type=Path, required=True, metavar="OUT.blend", help="where to write")
    verb.add_argument(
        "--objects", type=names_in, metavar="A,B", help="the meshes of the face (default: every visible mesh)"
    )
    verb.add_argument(
        "--bones",
        default="",
        metavar="COLLECTION",
        help="the bone collection that has the controls, or none (default: all visible bones)",
    )
    verb.add_argument("--no-keys", action="store_true", help="leave shape keys alone")
    verb.add_argument("--no-properties", action="store_true", help="leave custom properties alone")
    verb.add_argument("--scale", action="store_true", help="scale bones as well")
    verb.add_argument("--start", type=float, default=1.0, metavar="FRAME", help="where the performance begins (1)")
    verb.add_argument("--mapping", type=Path, metavar="MAPPING.json", help="which control follows which channels")
    verb.add_argument("--mapping-out", type=Path, metavar="MAPPING.json", help="also the mapping that was used")
    verb.add_argument("--residual-out", type=Path, metavar="R.csv", help="also what is missed, in mm, frame by frame")


def run(arguments: "Namespace") -> int:
    """Load a scene, animate the controls, save. Raises Refusal."""
    from ...backend.capture import read_performance

    check_blend(arguments.out)
    motion = read_performance(arguments.performance)
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
    result = Retargeting(character, motion, given, SESSION.queue).run()
    write_used(result, arguments.start, frame_rate(bpy.context.scene.render), arguments.performance.stem)
    save(arguments.out)
    for path, write in ((arguments.mapping_out, write_map), (arguments.residual_out, write_residual)):
        if path is not None:
            try:
                write(path, result)
            except OSError as error:
                raise Refusal(
                    "unwritable", f"{path} cannot be written ({error.strerror}).", "Check the path."
                ) from error
    print(f"{len(result.values):,} frames at {result.fps:g} fps for {len(character.controls)} controls")
    for name, missed, share in share_missed(result):
        print(f"  {name}: misses {missed:.3f} mm, {share:.0%} of the motion")
    for note in result.notes:
        print(f"  {note}")
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
