"""What verbs read and write: heads and scenes, and the .blend that comes out."""

from collections.abc import Sequence
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import bpy

from ...backend.errors import Refusal


def check_blend(out: Path) -> None:
    """Raises Refusal where no .blend can be written, before the work is done."""
    if out.suffix.lower() != ".blend":
        raise Refusal("bad-output", f"{out} is not a .blend file.", "Give a name that ends in .blend.")
    if not out.parent.is_dir():
        raise Refusal("bad-output", f"There is no folder {out.parent}.", "Make it first.")
    if out.is_dir():
        raise Refusal("bad-output", f"{out} is a folder.", "Give the name of a file.")


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
        # Importers print the tracebacks that they catch; what they raise says enough.
        with redirect_stderr(StringIO()):
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


def names_in(text: str) -> list[str]:
    """The names in a list with commas."""
    return [name for name in text.split(",") if name]
