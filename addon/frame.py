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
