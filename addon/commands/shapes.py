"""blender --command facsimile shapes: a head gets its face shapes."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..choices import Existing
from ..job_state import JobState
from ..names import NameMap, read_names
from ..options import BuildOptions, WriteOptions
from ..properties import FRONTS
from ..scene_read import read_head
from ..session import SESSION, settle
from .files import check_blend, chosen_meshes, load, names_in, save
from .progress import DONE, INTERRUPTED, print_progress

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SUMMARY = "give a head its face shapes as shape keys"


def add_arguments(verb: "ArgumentParser") -> None:
    """The head, and how its shapes are built and written."""
    verb.add_argument("head", type=Path, metavar="HEAD", help="a .blend, .obj, .glb, .gltf, .ply, .stl or .fbx file")
    verb.add_argument("--out", type=Path, required=True, metavar="OUT.blend", help="where to write")
    verb.add_argument(
        "--objects", type=names_in, metavar="A,B", help="the mesh objects of the head (default: every visible mesh)"
    )
    verb.add_argument("--names", choices=("arkit", "ict"), default="arkit", help="(default: arkit)")
    verb.add_argument("--name-map", type=Path, metavar="MAP.json", help='names of your own: {"jawOpen": "Jaw_Open"}')
    verb.add_argument(
        "--front",
        type=str.upper,
        choices=[axis for axis, *_ in FRONTS[1:]],
        default="",
        help="the side that has the face, as --front=-y (looked for)",
    )
    verb.add_argument("--replace", action="store_true", help="give existing keys of these names the new shapes")
    verb.add_argument("--no-seals", action="store_true", help="do not make eyes and lips close")
    verb.add_argument("--drive-parts", action="store_true", help="drivers from the head's keys to those of its parts")
    verb.add_argument("--correctives", action="store_true", help="also driven keys for shapes that collide together")


def run(arguments: "Namespace") -> int:
    """Load a head, build its face shapes, save. Raises Refusal."""
    names = read_names(arguments.name_map) if arguments.name_map else NameMap(arguments.names)
    build = BuildOptions(names, arguments.correctives, not arguments.no_seals, arguments.front)
    existing = Existing.REPLACE if arguments.replace else Existing.UPDATE
    check_blend(arguments.out)
    load(arguments.head)
    write = WriteOptions(existing, {}, arguments.drive_parts)
    task = SESSION.begin(read_head(chosen_meshes(arguments.objects)), build, write)
    job = SESSION.queue.run(task.job, print_progress)
    refusal = settle(task, lambda: SESSION.end(task, outcome=SESSION.write()))
    if refusal is not None:
        raise refusal
    if job.state is not JobState.DONE or SESSION.outcome is None:
        return INTERRUPTED
    save(arguments.out)
    print(f"confidence {SESSION.outcome.confidence:.2f}")
    for reason in SESSION.outcome.reasons:
        print(f"  {reason}")
    for row in SESSION.outcome.rows:
        print(f"{row.name}: {row.role}, {row.keys or 'does not move'}")
    print(f"written to {arguments.out}", flush=True)
    return DONE
