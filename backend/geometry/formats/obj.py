"""Wavefront .obj: vertices in the order of the v lines, polygons of any size."""

import numpy as np

from backend.geometry.formats.refusals import check_counts, damaged
from backend.geometry.mesh import FaceMesh, polygon_mesh


def read_obj(content: bytes) -> FaceMesh:
    """The v and f lines of an .obj file; every `o` line starts another object, everything else is passed over.

    Corners may be written v, v/vt, v/vt/vn or v//vn, with numbers from 1 or negative ones that count back from the
    last vertex so far. Raises Refusal for malformed lines.
    """
    places: list[list[bytes]] = []
    tokens: list[bytes] = []
    sizes: list[int] = []
    so_far: list[int] = []
    begins: list[int] = []
    names: list[str] = []
    for number, line in enumerate(content.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").splitlines(), 1):
        if line.startswith((b"v ", b"v\t")):
            words = line.split(None, 4)
            if len(words) < 4:
                raise damaged(f"line {number} has fewer than three coordinates")
            places.append(words[1:4])
        elif line.startswith((b"f ", b"f\t")):
            words = line.split(b"#", 1)[0].split()
            if len(words) < 4:
                raise damaged(f"line {number} is a face with fewer than three corners")
            tokens += words[1:]
            sizes.append(len(words) - 1)
            so_far.append(len(places))
        elif line.startswith((b"o ", b"o\t")):
            begins.append(len(places))
            names.append(line[2:].strip().decode("utf-8", "replace"))
    check_counts(len(places), len(tokens))
    try:
        vertices = np.array([[float(x), float(y), float(z)] for x, y, z in places]).reshape(-1, 3)
    except ValueError as error:
        raise damaged("a vertex has a coordinate that is not a number") from error
    try:
        corners = np.array([int(token.partition(b"/")[0]) for token in tokens], np.int64)
    except (ValueError, OverflowError) as error:
        raise damaged("a face names a vertex by something that is not a number") from error
    if (corners == 0).any():
        raise damaged("a face names vertex 0, but they are counted from 1")
    corners = np.where(corners < 0, corners + np.repeat(so_far, sizes), corners - 1)
    objects, kept = _objects(len(vertices), begins, names)
    return polygon_mesh(vertices, corners, np.array(sizes, np.int64), objects, kept)


def _objects(count: int, begins: list[int], names: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """(count,) the object of each vertex, and the names of those that have any."""
    lengths = np.diff([0, *begins, count])
    filled = np.flatnonzero(lengths)
    every = ("head", *names)
    return np.repeat(np.arange(len(filled)), lengths[filled]), tuple(every[i] for i in filled) or ("head",)
