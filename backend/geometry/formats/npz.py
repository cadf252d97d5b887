"""NumPy .npz with vertices and faces, read without trusting its headers."""

import math
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from backend.archives import BROKEN
from backend.errors import Refusal
from backend.geometry.formats.refusals import check_counts, damaged
from backend.geometry.mesh import FaceMesh, face_mesh

MAX_BYTES = 1 << 29
MAX_NAMES = 100_000
CURE = "Save vertices (N, 3) and faces (M, 3) or (M, 4)."
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
            vertices = read_array(archive, "vertices", CURE)
            faces = read_array(archive, "faces", CURE)
            members = archive.namelist()
            objects = read_array(archive, "object_id", CURE) if "object_id.npy" in members else None
            names = _names(read_array(archive, "objects", CURE)) if "objects.npy" in members else []
    except BROKEN as error:
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


def read_array(archive: zipfile.ZipFile, name: str, cure: str) -> np.ndarray:
    """One member, its length checked against what its header claims and both against the limits. Raises Refusal, with
    this cure where it is not there."""
    check_member(archive, name, cure)
    with archive.open(f"{name}.npy") as member:
        header = read_header(member, name)
        size = header.dtype.itemsize * math.prod(header.shape)
        if max(size, *header.shape, 0) > MAX_BYTES:
            raise Refusal("too-large", f"The array {name} claims {size:,} bytes.", "Export the head alone.")
        content = member.read(size)
        if len(content) != size:
            raise damaged(f"{name} is shorter than its header says")
    return np.frombuffer(content, header.dtype).reshape(header.shape, order="F" if header.fortran else "C")


def check_member(archive: zipfile.ZipFile, name: str, cure: str) -> None:
    """Raises Refusal, with this cure, where an archive has no array of this name, or one that NumPy did not pack."""
    try:
        information = archive.getinfo(f"{name}.npy")
    except KeyError as error:
        raise Refusal("missing-array", f"The file has no array named {name}.", cure) from error
    if information.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise damaged(f"{name} is compressed in a way that NumPy does not write")


@dataclass(frozen=True)
class Header:
    """What a .npy says of its array: plain numbers or names."""

    dtype: np.dtype
    shape: tuple[int, ...]
    fortran: bool


def read_header(member: IO[bytes], name: str) -> Header:
    """The header of a .npy stream, which then stands at the first value. Nothing is allocated for what it claims.
    Raises Refusal."""
    magic = member.read(8)
    if magic[:6] != b"\x93NUMPY" or magic[6:7] not in (b"\x01", b"\x02", b"\x03"):
        raise damaged(f"{name} is not a NumPy array")
    length = int.from_bytes(member.read(2 if magic[6] == 1 else 4), "little")
    if length > 10_000:
        raise damaged(f"the header of {name} is too long")
    found = HEADER.fullmatch(member.read(length).decode("latin-1"))
    if found is None:
        raise damaged(f"{name} is not an array of plain numbers or names")
    shape = tuple(int(size) for size in found["shape"].replace(" ", "").split(",") if size)
    return Header(np.dtype(found["dtype"]), shape, found["fortran"] == "True")
