"""Rotation, translation and uniform scale between corresponding points."""

from typing import NamedTuple

import numpy as np

TUKEY = 4.685
"""Residuals beyond this many robust standard deviations weigh nothing: 95 % efficient on normal noise."""

SIGMA_OF_MEDIAN = 1.1774
"""The median distance of 2-D normal noise is this many of its standard deviations; noise on a surface is about 2-D."""

SETTLED = 1e-6
"""A round that changes the matrix by less than this share is the last."""


class RobustFit(NamedTuple):
    """matrix: (4, 4) float64. residuals: (n,) distances in the target's units, of all points. inliers: the share of
    the weight (of the points, where none were given) that lies within the cut."""

    matrix: np.ndarray
    residuals: np.ndarray
    inliers: float


def apply_transform(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (..., 3) moved by a matrix (4, 4) that acts on columns (x, y, z, 1); computed in float64."""
    matrix = np.asarray(matrix, np.float64)
    return np.asarray(points, np.float64) @ matrix[:3, :3].T + matrix[:3, 3]


def fit_similarity(source: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The similarity (4, 4) float64 that takes source (n, 3) to target (n, 3) with the least weighted sum of squares.

    Umeyama 1991. Never a reflection. weights: (n,), not negative. Points in one plane are enough. Raises ValueError
    where scale or rotation is undefined: fewer than three points of positive weight, values that are not finite, or
    points on one line.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    given = np.ones(len(source)) if weights is None else np.asarray(weights, np.float64)
    if source.shape != target.shape or source.shape[1:] != (3,) or given.shape != source.shape[:1]:
        raise ValueError(f"shapes {source.shape}, {target.shape}, {given.shape} do not correspond")
    if not all(np.isfinite(array).all() for array in (source, target, given)) or (given < 0).any():
        raise ValueError("values that are not finite, or negative weights")
    if np.count_nonzero(given) < 3:
        raise ValueError("a similarity needs three points")
    share = given / given.max()
    share /= share.sum()
    source_centre, target_centre = share @ source, share @ target
    a, b = source - source_centre, target - target_centre
    spread = float(share @ np.einsum("ij,ij->i", a, a))
    reach = float(share @ np.einsum("ij,ij->i", b, b))
    if spread <= 0 or reach <= 0:
        raise ValueError("all points are at one place")
    left, values, right = np.linalg.svd((b * share[:, None]).T @ a)
    if values[1] <= 1e-12 * np.sqrt(spread * reach):
        raise ValueError("the points lie on one line")
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
    rotation = left @ (signs[:, None] * right)
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * (float(values @ signs) / spread)
    matrix[:3, 3] = target_centre - matrix[:3, :3] @ source_centre
    return matrix


def robust_similarity(
    source: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None, rounds: int = 40
) -> RobustFit:
    """fit_similarity where some of the correspondences are wrong.

    Iteratively reweighted least squares: first towards the sum of distances, which a minority of gross errors
    cannot take over, then with Tukey's biweight at a scale from the weighted median residual. Half of the rounds
    each, stopping early when the matrix settles. Trustworthy up to about 40 % of wrong points. Raises ValueError as
    fit_similarity does.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    given = np.ones(len(source)) if weights is None else np.asarray(weights, np.float64)
    matrix = fit_similarity(source, target, given)
    floor = 1e-9 * float(np.linalg.norm(np.ptp(target, axis=0)))
    for phase in ("distances", "biweight"):
        for _ in range(rounds // 2):
            residuals = np.linalg.norm(apply_transform(matrix, source) - target, axis=1)
            cut = _cut(residuals, given, floor)
            if phase == "distances":
                factor = 1 / np.maximum(residuals, 0.1 * cut / TUKEY)
            else:
                factor = np.square(np.maximum(1 - np.square(residuals / cut), 0.0))
            following = fit_similarity(source, target, given * factor)
            change = np.abs(following - matrix)[:3].max() / np.abs(following[:3]).max()
            matrix = following
            if change < SETTLED:
                break
    residuals = np.linalg.norm(apply_transform(matrix, source) - target, axis=1)
    within = residuals <= _cut(residuals, given, floor)
    return RobustFit(matrix, residuals, float(given[within].sum() / given.sum()))


def _cut(residuals: np.ndarray, weights: np.ndarray, floor: float) -> float:
    """The residual from which on a point counts as wrong."""
    order = np.argsort(residuals, kind="stable")
    passed = np.cumsum(weights[order])
    median = residuals[order[np.searchsorted(passed, passed[-1] / 2)]]
    return TUKEY * max(float(median) / SIGMA_OF_MEDIAN, floor)
