"""NumPy .npz with vertices and faces, read without trusting its headers."""

import math
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np

from backend.errors import Refusal
from backend.geometry.formats.refusals import check_counts, damaged
from backend.geometry.mesh import FaceMesh, face_mesh

MAX_BYTES = 1 << 29
MAX_NAMES = 100_000
HEADER = re.compile(
    r"\{'descr': '(?P<dtype>[<>|](?:f[248]|[iu][1248]|U[1-9]\d{0,3}))', 'fortran_order': (?P<fortran>True|False), "
    r"'shape': \((?P<shape>[\d, ]{0,60})\), *\}\s*"
)


def read_npz(path: Path) -> FaceMesh:
    """vertices (N, 3), faces (M, 3) or (M, 4) padded with -1, and where present object_id (N,) and objects (names).

    What a header claims is checked before anything is allocated, and nothing is ever unpickled. Raises Refusal.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            vertices = _array(archive, "vertices")
            faces = _array(archive, "faces")
            members = archive.namelist()
            objects = _array(archive, "object_id") if "object_id.npy" in members else None
            names = _names(_array(archive, "objects")) if "objects.npy" in members else []
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise damaged("it is not a whole .npz archive") from error
    if vertices.ndim != 2 or vertices.shape[1] != 3 or faces.ndim != 2:
        raise damaged("its arrays vertices and faces do not have the shapes (N, 3) and (M, 3) or (M, 4)")
    check_counts(len(vertices), faces.size)
    if objects is None:
        return face_mesh(vertices, faces)
    if objects.shape != (len(vertices),) or objects.dtype.kind not in "iu" or len(objects) == 0:
        raise damaged("its array object_id does not match the vertices")
    used, objects = np.unique(objects, return_inverse=True)
    named = tuple(names[i] if 0 <= i < len(names) else f"object {i}" for i in used.tolist())
    return face_mesh(vertices, faces, objects.reshape(-1).astype(np.int32), named)


def _names(array: np.ndarray) -> list[str]:
    return [str(name) for name in array.ravel()[:MAX_NAMES].tolist()] if array.dtype.kind == "U" else []


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """One member, its dtype and shape checked against the limits and its length against both."""
    try:
        information = archive.getinfo(f"{name}.npy")
    except KeyError as error:
        raise Refusal(
            "missing-array", f"The file has no array named {name}.", "Save vertices (N, 3) and faces (M, 3) or (M, 4)."
        ) from error
    if information.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise damaged(f"{name} is compressed in a way that NumPy does not write")
    with archive.open(information) as member:
        magic = member.read(8)
        if magic[:6] != b"\x93NUMPY" or magic[6:7] not in (b"\x01", b"\x02", b"\x03"):
            raise damaged(f"{name} is not a NumPy array")
        width = 2 if magic[6] == 1 else 4
        length = int.from_bytes(member.read(width), "little")
        if length > 10_000:
            raise damaged(f"the header of {name} is too long")
        header = HEADER.fullmatch(member.read(length).decode("latin-1"))
        if header is None:
            raise damaged(f"{name} is not an array of plain numbers or names")
        dtype = np.dtype(header["dtype"])
        shape = tuple(int(size) for size in header["shape"].replace(" ", "").split(",") if size)
        size = dtype.itemsize * math.prod(shape)
        if max(size, *shape, 0) > MAX_BYTES:
            raise Refusal("too-large", f"The array {name} claims {size:,} bytes.", "Export the head alone.")
        content = member.read(size)
        if len(content) != size:
            raise damaged(f"{name} is shorter than its header says")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if header["fortran"] == "True" else "C")
