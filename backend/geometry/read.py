"""Reading a head from a file."""

from pathlib import Path

import numpy as np

from backend.errors import Refusal
from backend.geometry.formats.gltf import read_gltf
from backend.geometry.formats.npz import read_npz
from backend.geometry.formats.obj import read_obj
from backend.geometry.formats.ply import read_ply
from backend.geometry.formats.stl import read_stl
from backend.geometry.mesh import FaceMesh

MAX_BYTES = 2 << 30
FROM_BYTES = {".obj": read_obj, ".ply": read_ply, ".stl": read_stl}
FROM_PATH = {".glb": read_gltf, ".gltf": read_gltf, ".npz": read_npz}


def read_head(path: Path) -> FaceMesh:
    """The mesh in a file, with its vertices in the file's own order, units and frame.

    .obj: the order of the v lines. .ply: that of the vertex element. .stl: three for each triangle. .glb and .gltf:
    the meshes of the scene one after another, transforms of nodes applied. .npz: vertices (N, 3) and faces (M, 3) or
    (M, 4) padded with -1, optionally object_id (N,) and the names objects. The suffix decides, in any case.

    Files are not trusted: sizes are checked before memory is taken, nothing is unpickled, and a .gltf reaches only
    files of its own folder. Whatever is wrong is a Refusal.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    known = ", ".join([*FROM_BYTES, *FROM_PATH])
    if suffix not in FROM_BYTES and suffix not in FROM_PATH:
        raise Refusal(
            "unknown-format", f"Files of the kind {suffix or 'without suffix'} are not read.", f"Use {known}."
        )
    if not path.is_file():
        raise Refusal("missing-file", f"There is no file {path.name}.", "Check the path.")
    try:
        size = path.stat().st_size
        if size == 0:
            raise Refusal("empty-file", f"The file {path.name} is empty.", "Export it again.")
        if size > MAX_BYTES:
            raise Refusal("too-large", f"The file {path.name} has {size:,} bytes.", "Export the head alone.")
        # Absurd numbers overflow on their way to the check for finite coordinates, which refuses them.
        with np.errstate(all="ignore"):
            if suffix in FROM_PATH:
                return FROM_PATH[suffix](path)
            return FROM_BYTES[suffix](path.read_bytes())
    except OSError as error:
        raise Refusal(
            "unreadable-file", f"The file {path.name} cannot be read: {error.strerror}.", "Check its permissions."
        ) from error
