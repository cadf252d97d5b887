"""Shapes of a head that is its own mirror image, made each other's mirror images as a rigger would make them."""

import numpy as np

from backend.channels import FACE_NAMES, mirror
from backend.geometry.symmetry import find_mirror

OTHER_SIDE = np.array([FACE_NAMES.index(mirror(name)) for name in FACE_NAMES])
"""(54,) the channel that each becomes in a mirror."""


def mirrored(shapes: np.ndarray, vertices: np.ndarray, face: np.ndarray) -> np.ndarray:
    """(54, m, 3) float32: each shape as the mean of itself and of the mirror image of the one on the other side, where
    vertices (m, 3), canonical frame, mirror each other; as given where they do not. face: (m,) bool, what must be
    symmetric for the head to count as such.

    What is left to even out is how the sampling of the surface differs between its sides: the alignment and the
    network know of the mirror already.
    """
    found = find_mirror(vertices, np.flatnonzero(face))
    if found is None:
        return shapes
    turn = found.reflection[:3, :3].astype(np.float32)
    result = shapes.copy()
    for at, other in enumerate(OTHER_SIDE):
        result[at, found.own] = 0.5 * (shapes[at, found.own] + shapes[other, found.other] @ turn.T)
    return result
