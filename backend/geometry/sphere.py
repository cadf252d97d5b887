"""Fitting a sphere to points."""

import numpy as np


def fit_sphere(points: np.ndarray) -> tuple[np.ndarray, float, float]:
    """The sphere nearest to points (p, 3): centre (3,) float64, radius, and the root mean square distance of the
    points to it, in the points' units.

    The algebraic least squares fit (linear in centre and radius), then three reweighted rounds, so that the bulge of
    a cornea or a stalk behind the eye weigh little. Fewer than four points, or points in one plane, give a radius of
    infinity.
    """
    points = np.asarray(points, np.float64)
    origin = points.mean(0)
    local = points - origin
    spread = np.linalg.svd(local, compute_uv=False) if len(local) >= 4 else np.zeros(3)
    if len(spread) < 3 or spread[2] < 1e-6 * max(spread[0], 1e-300):
        return origin, float("inf"), float("inf")
    system = np.concatenate([2 * local, np.ones((len(local), 1))], axis=1)
    weight = np.ones(len(local))
    center, radius, off = np.zeros(3), 1.0, local[:, 0]
    for _ in range(4):
        root = np.sqrt(weight)
        solution = np.linalg.lstsq(system * root[:, None], (local**2).sum(1) * root, rcond=None)[0]
        center = solution[:3]
        radius = float(np.sqrt(max(solution[3] + center @ center, 0.0)))
        off = np.linalg.norm(local - center, axis=1) - radius
        scale = 1.5 * np.median(np.abs(off)) + 1e-4 * radius + 1e-300
        weight = 1.0 / (1.0 + (off / scale) ** 2)
    return center + origin, radius, float(np.sqrt((off**2).mean()))
