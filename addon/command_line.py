"""blender --command facsimile ...: what the operators do, without a window, on files."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..backend.errors import Refusal
from .jobs import Job, JobState
from .names import NameMap, read_names
from .options import BuildOptions, Existing, WriteOptions
from .properties import FRONTS
from .scene_read import read_head
from .session import SESSION, settle

if TYPE_CHECKING:
    from argparse import ArgumentParser

NAME = "facsimile"
DONE, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130


def run(arguments: Sequence[str]) -> int:
    """Run a verb and return the exit status: 0 done, 2 refused with a sentence on standard error, 130 interrupted."""
    parsed = parser().parse_args(arguments)
    try:
        names = read_names(parsed.name_map) if parsed.name_map else NameMap(parsed.names)
        build = BuildOptions(names, parsed.correctives, not parsed.no_seals, parsed.front)
        existing = Existing.REPLACE if parsed.replace else Existing.UPDATE
        return shapes(parsed.head, parsed.out, parsed.objects, build, WriteOptions(existing, {}, parsed.drive_parts))
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        SESSION.forget()
        SESSION.queue.stop()


def parser() -> "ArgumentParser":
    """The verbs and their options."""
    # Here and not above: a window never needs it, and waits for the import when the extension is switched on.
    from argparse import ArgumentParser

    main = ArgumentParser(prog=f"blender --command {NAME}", description="Facsimile without a window.")
    verbs = main.add_subparsers(metavar="VERB", required=True)
    verb = verbs.add_parser("shapes", help="give a head its face shapes as shape keys")
    verb.add_argument("head", type=Path, metavar="HEAD", help="a .blend, .obj, .glb, .gltf, .ply, .stl or .fbx file")
    verb.add_argument("--out", type=Path, required=True, metavar="OUT.blend", help="where to write")
    verb.add_argument(
        "--objects",
        type=lambda text: [name for name in text.split(",") if name],
        metavar="A,B",
        help="the mesh objects of the head (default: every visible mesh)",
    )
    verb.add_argument("--names", choices=("arkit", "ict"), default="arkit", help="(default: arkit)")
    verb.add_argument("--name-map", type=Path, metavar="MAP.json", help='names of your own: {"jawOpen": "Jaw_Open"}')
    verb.add_argument(
        "--front",
        choices=[axis for axis, *_ in FRONTS[1:]],
        default="",
        help="the side that has the face, as --front=-y (looked for)",
    )
    verb.add_argument("--replace", action="store_true", help="give existing keys of these names the new shapes")
    verb.add_argument("--no-seals", action="store_true", help="do not make eyes and lips close")
    verb.add_argument("--drive-parts", action="store_true", help="drivers from the head's keys to those of its parts")
    verb.add_argument("--correctives", action="store_true", help="also driven keys for shapes that collide together")
    return main


def shapes(head: Path, out: Path, objects: Sequence[str] | None, build: BuildOptions, write: WriteOptions) -> int:
    """Load a head, build its face shapes, save. Raises Refusal."""
    if out.suffix.lower() != ".blend":
        raise Refusal("bad-output", f"{out} is not a .blend file.", "Give a name that ends in .blend.")
    if not out.parent.is_dir():
        raise Refusal("bad-output", f"There is no folder {out.parent}.", "Make it first.")
    if out.is_dir():
        raise Refusal("bad-output", f"{out} is a folder.", "Give the name of a file.")
    load(head)
    task = SESSION.begin(read_head(chosen_meshes(objects)), build, write)
    job = SESSION.queue.run(task.job, print_progress)
    refusal = settle(task, lambda: SESSION.end(task, outcome=SESSION.write()))
    if refusal is not None:
        raise refusal
    if job.state is not JobState.DONE or SESSION.outcome is None:
        return INTERRUPTED
    save(out)
    print(f"confidence {SESSION.outcome.confidence:.2f}")
    for reason in SESSION.outcome.reasons:
        print(f"  {reason}")
    for row in SESSION.outcome.rows:
        print(f"{row.name}: {row.role}, {row.keys or 'does not move'}")
    print(f"written to {out}", flush=True)
    return DONE


def load(path: Path) -> None:
    """Open a .blend, or import another file into an empty scene. Raises Refusal."""
    if not path.is_file():
        raise Refusal("no-file", f"There is no file {path}.", "Check the path.")
    source = str(path.resolve())
    readers = {
        ".blend": lambda: bpy.ops.wm.open_mainfile(filepath=source, load_ui=False),
        ".obj": lambda: bpy.ops.wm.obj_import(filepath=source),
        ".ply": lambda: bpy.ops.wm.ply_import(filepath=source),
        ".stl": lambda: bpy.ops.wm.stl_import(filepath=source),
        ".glb": lambda: bpy.ops.import_scene.gltf(filepath=source),
        ".gltf": lambda: bpy.ops.import_scene.gltf(filepath=source),
        ".fbx": lambda: bpy.ops.import_scene.fbx(filepath=source),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise Refusal("bad-format", f"{path.name} is of no kind that can be read.", f"Use {', '.join(readers)}.")
    if path.suffix.lower() != ".blend":
        bpy.ops.wm.read_homefile(use_empty=True)
    try:
        reader()
    except RuntimeError as error:
        raise Refusal(
            "unreadable", f"Blender cannot read {path.name} ({last_error(str(error))}).", "Export it again."
        ) from error


def save(out: Path) -> None:
    """Write a copy of the file. Raises Refusal."""
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(out.resolve()), copy=True)
    except RuntimeError as error:
        raise Refusal(
            "unwritable", f"Blender cannot write {out} ({last_error(str(error))}).", "Choose another folder."
        ) from error


def last_error(text: str) -> str:
    """The line of an operator's error that says what happened: the last of a traceback, or the first."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if "Error: " in line and not line.startswith("Error: Python")]
    return (told or lines or ["no reason given"])[-1].removeprefix("Error: ").rstrip(".")


def chosen_meshes(names: Sequence[str] | None) -> list[bpy.types.Object]:
    """The objects of these names, or every visible mesh. Raises Refusal for a name that no mesh has."""
    if names is None:
        return [item for item in bpy.context.view_layer.objects if item.type == "MESH" and item.visible_get()]
    found = []
    for name in names:
        item = bpy.context.scene.objects.get(name)
        if item is None or item.type != "MESH":
            meshes = ", ".join(sorted(other.name for other in bpy.context.scene.objects if other.type == "MESH"))
            raise Refusal("no-object", f'There is no mesh "{name}".', f"The meshes are: {meshes or 'none'}.")
        found.append(item)
    return found


def print_progress(job: Job) -> None:
    """One line per report of the backend."""
    if job.state is JobState.RUNNING:
        print(f"{job.fraction:4.0%} {job.text}", flush=True)


HANDLES: list[object] = []


def register() -> None:
    HANDLES.append(bpy.utils.register_cli_command(NAME, run))


def unregister() -> None:
    bpy.utils.unregister_cli_command(HANDLES.pop())
