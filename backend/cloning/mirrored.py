"""Shapes of a head that is its own mirror image, made each other's mirror images as a rigger would make them."""

import numpy as np

from backend.channels import FACE_NAMES, mirror
from backend.geometry.symmetry import Mirror

OTHER_SIDE = np.array([FACE_NAMES.index(mirror(name)) for name in FACE_NAMES])
"""(54,) the channel that each becomes in a mirror."""


def mirrored(shapes: np.ndarray, mirror_image: Mirror | None) -> np.ndarray:
    """(54, m, 3) float32: each shape as the mean of itself and of the mirror image of the one on the other side, where
    vertices mirror each other; as given where the head (None) does not.

    What is left to even out is how the sampling of the surface differs between its sides: the alignment and the
    network know of the mirror already.
    """
    if mirror_image is None:
        return shapes
    own, partner, turn = mirror_image.own, mirror_image.other, mirror_image.reflection[:3, :3].astype(np.float32)
    result = shapes.copy()
    for at, other in enumerate(OTHER_SIDE):
        result[at, own] = 0.5 * (shapes[at, own] + shapes[other, partner] @ turn.T)
    return result
