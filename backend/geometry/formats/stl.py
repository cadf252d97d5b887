"""Stereolithography .stl, binary or text: three vertices of its own for every triangle."""

import re

import numpy as np

from backend.geometry.formats.refusals import check_counts, damaged
from backend.geometry.mesh import FaceMesh, face_mesh

HEADER = 84
TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
CORNER = re.compile(rb"\bvertex\s+(\S+)\s+(\S+)\s+(\S+)")


def read_stl(content: bytes) -> FaceMesh:
    """The triangles of an .stl file; vertices (3t, 3) in the file's order. Raises Refusal where lengths disagree."""
    claimed = int.from_bytes(content[80:HEADER], "little") if len(content) >= HEADER else 0
    if content.lstrip()[:5] == b"solid" and len(content) != HEADER + claimed * TRIANGLE.itemsize:
        vertices = _text(content)
    else:
        check_counts(3 * claimed)
        if len(content) < HEADER + claimed * TRIANGLE.itemsize or claimed == 0:
            raise damaged(f"it claims {claimed:,} triangles and is {len(content):,} bytes long")
        vertices = np.frombuffer(content, TRIANGLE, claimed, HEADER)["corners"].reshape(-1, 3)
    return face_mesh(vertices, np.arange(len(vertices)).reshape(-1, 3))


def _text(content: bytes) -> np.ndarray:
    found = CORNER.findall(content)
    check_counts(len(found))
    if len(found) == 0 or len(found) % 3 or len(found) != 3 * len(re.findall(rb"\bendfacet\b", content)):
        raise damaged("its facets do not have three vertices each")
    try:
        return np.array([[float(x), float(y), float(z)] for x, y, z in found])
    except ValueError as error:
        raise damaged("a vertex has a coordinate that is not a number") from error
