"""Shapes smoothed along the surface, so that neighbours move alike and two lips that touch do not."""

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import splu

from backend.geometry.operators import laplacian

RADIUS = 0.002
"""Metres at a real head's size: about the error of a correspondence, and less than what any shape needs to show."""


def smoothed(shapes: np.ndarray, vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(k, n, 3) float32: displacements after one implicit step of heat flow (Desbrun et al. 1999) over RADIUS.

    shapes: (k, n, 3). vertices: (n, 3) metres, triangles: (t, 3) of the same surface. What is still everywhere around
    stays exactly still.
    """
    stiffness, mass = laplacian(vertices, triangles)
    flow = splu(sparse.csc_matrix(sparse.diags(mass) + 0.5 * RADIUS**2 * stiffness))
    still = ~shapes.any(axis=(0, 2))
    columns = shapes.transpose(1, 0, 2).reshape(len(vertices), -1).astype(np.float64)
    result = flow.solve(mass[:, None] * columns).reshape(len(vertices), -1, 3).transpose(1, 0, 2)
    result[:, still] = 0.0
    return result.astype(np.float32)
