"""Thin-plate warp: bends space so that a head's landmarks fall on the canonical head's."""

import numpy as np
from scipy.spatial.distance import cdist


def thin_plate_warp(
    points: np.ndarray, landmarks: np.ndarray, goals: np.ndarray, smoothing: float = 2e-3
) -> np.ndarray:
    """points (n, 3) moved by the thin-plate spline that takes landmarks (p, 3) to goals (p, 3), canonical frame,
    metres.

    The kernel is -|r|, the biharmonic kernel of three dimensions, with a translation as its polynomial part: far
    from the landmarks the displacement flattens out instead of growing. smoothing: metres of noise that the
    landmarks may have (a ridge on the kernel matrix, as in Wahba 1990).
    """
    count = len(landmarks)
    kernel = -cdist(landmarks, landmarks)
    system = np.zeros((count + 1, count + 1))
    system[:count, :count] = kernel + smoothing * np.eye(count)
    system[:count, count] = system[count, :count] = 1.0
    right = np.zeros((count + 1, 3))
    right[:count] = goals - landmarks
    solution = np.linalg.solve(system, right)
    return points + (-cdist(points, landmarks)) @ solution[:count] + solution[count]
