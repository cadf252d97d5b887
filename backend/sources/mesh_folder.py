"""A folder of meshes, one for each frame."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from backend.errors import Refusal
from backend.frames import Frames, frames_per_chunk
from backend.geometry.mesh import FaceMesh
from backend.geometry.read import FROM_BYTES, FROM_PATH, read_head
from backend.performance import check_rate, check_size
from backend.sources.clip import Clip

SUFFIXES = {*FROM_BYTES, *FROM_PATH}


def read_mesh_folder(folder: Path, fps: float) -> Clip:
    """A clip from the meshes of a folder, in the natural order of their names (face2 before face10).

    Only the first is read at once, and says what the others must be like. Files of other kinds and hidden ones are
    passed over; where there are meshes of several kinds, that is refused. Raises Refusal; so does a pass over the
    frames at a mesh that cannot be read or has other faces than the first.
    """
    check_rate(fps)
    files = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")),
        key=lambda path: natural(path.name),
    )
    kinds = sorted({path.suffix.lower() for path in files})
    if not files:
        raise Refusal(
            "no-frames", f"The folder {folder.name} has no meshes.", f"Use {', '.join(sorted(SUFFIXES))}, one a frame."
        )
    if len(kinds) > 1:
        raise Refusal(
            "mixed-folder",
            f"The folder {folder.name} has meshes of the kinds {', '.join(kinds)}.",
            "Leave those of one kind in it.",
        )
    first = read_head(files[0])
    count = len(first.vertices)
    check_size(len(files), 64)
    step = frames_per_chunk(count)

    def chunks() -> Iterator[np.ndarray]:
        for start in range(0, len(files), step):
            yield np.stack([_frame(path, first, files[0].name) for path in files[start : start + step]])

    return Clip(first, Frames(len(files), count, float(fps), chunks, folder.name))


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts numbers in names by value."""
    pieces = re.split(r"(\d{1,18})", name.lower())
    return tuple((1, int(piece), piece) if piece.isdigit() else (0, 0, piece) for piece in pieces)


def _frame(path: Path, first: FaceMesh, name: str) -> np.ndarray:
    try:
        mesh = read_head(path)
    except Refusal as refusal:
        raise Refusal(refusal.code, f"{path.name}: {refusal.sentence}", refusal.cure) from refusal
    if len(mesh.vertices) != len(first.vertices):
        raise Refusal(
            "other-topology",
            f"{path.name} has {len(mesh.vertices):,} vertices, {name} has {len(first.vertices):,}.",
            "Bake the clip again from one mesh, without modifiers that change its vertices.",
        )
    if not (np.array_equal(mesh.sizes, first.sizes) and np.array_equal(mesh.corners, first.corners)):
        raise Refusal(
            "other-topology",
            f"{path.name} has other faces than {name}.",
            "Bake the clip again from one mesh, with its vertices in the same order in every file.",
        )
    return mesh.vertices
