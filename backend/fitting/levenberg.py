"""Nonlinear least squares within bounds: projected Levenberg-Marquardt (Kanzow, Yamashita and Fukushima 2004)."""

from collections.abc import Callable

import numpy as np
from scipy.linalg import cho_factor, cho_solve

DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-3, 1e-9, 1e9
ENOUGH = 1e-5
"""Share of the sum of squares by which a step must lower it to go on."""


def minimise(
    residuals: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    first: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    steps: int,
) -> np.ndarray:
    """(n,) where the sum of squared residuals is smallest between low and high (n,), from first (n,), in that many
    steps at most. residuals: their values (r,) and derivatives (r, n) at a point."""
    point = np.clip(first, low, high)
    values, slopes = residuals(point)
    cost, damping = values @ values, DAMPING
    for _ in range(steps):
        gradient, curvature = slopes.T @ values, slopes.T @ slopes
        stuck = ((point <= low) & (gradient > 0)) | ((point >= high) & (gradient < 0))
        free = np.nonzero(~stuck)[0]
        matrix = curvature[np.ix_(free, free)]
        scale = np.maximum(np.diag(matrix), 1e-12)
        while damping < MOST_DAMPING:
            trial = point.copy()
            trial[free] -= cho_solve(cho_factor(matrix + damping * np.diag(scale)), gradient[free])
            trial = np.clip(trial, low, high)
            new_values, new_slopes = residuals(trial)
            new_cost = new_values @ new_values
            if new_cost < cost:
                break
            damping *= 10
        else:
            return point
        lowered = 1 - new_cost / cost
        point, values, slopes, cost = trial, new_values, new_slopes, new_cost
        damping = max(damping / 10, LEAST_DAMPING)
        if lowered < ENOUGH:
            break
    return point
