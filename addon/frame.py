"""Blender's z-up world against the backend's y-up frame: the one place where the two meet."""

import numpy as np

BACKEND_FROM_BLENDER = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""A character that faces Blender's front view (-y) faces +z; its own left stays +x."""


def to_backend(points: np.ndarray) -> np.ndarray:
    """Points or displacements (..., 3) from Blender's world axes to y up, z out of the face."""
    return points @ BACKEND_FROM_BLENDER.T


def to_blender(points: np.ndarray) -> np.ndarray:
    """The inverse of to_backend."""
    return points @ BACKEND_FROM_BLENDER


def front_axis(front: str) -> str:
    """The same for an axis of Blender's world such as "-Y": "+z". Empty for an empty one."""
    if not front:
        return ""
    axis = np.zeros(3)
    axis["XYZ".index(front[1])] = 1.0 if front[0] == "+" else -1.0
    turned = to_backend(axis)
    at = int(np.abs(turned).argmax())
    return f"{'+' if turned[at] > 0 else '-'}{'xyz'[at]}"
