"""Quadratic problems between bounds, many at once, with many variables."""

import numpy as np

ROUNDS, SETTLED = 100, 1e-3
STIFFNESS, RELAXATION = 0.1, 1.6


def solve_box(grams: np.ndarray, pulls: np.ndarray, start: np.ndarray) -> np.ndarray:
    """(T, S) the u in 0..1 of the least u gram u / 2 - pull u of every problem.

    grams: (S, S), of all problems, or (T, S, S), of each; symmetric, positive definite. pulls: (T, S). start: (T, S).
    Most problems of a rig whose controls go both ways have their best inside the bounds, and are solved at once. The
    others by alternating directions (Boyd et al. 2011): one factor serves all rounds, and with one gram all problems.
    It ends when no variable moves by more than SETTLED, or after ROUNDS; the result is within the bounds in any case.
    """
    each = np.ndim(grams) == 3
    inside = np.linalg.solve(grams, pulls[..., None])[..., 0] if each else np.linalg.solve(grams, pulls.T).T
    out = np.flatnonzero(((inside < 0) | (inside > 1)).any(1))
    if len(out):
        inside[out] = _alternate(grams[out] if each else grams, pulls[out], start[out])
    return inside


def _alternate(grams: np.ndarray, pulls: np.ndarray, start: np.ndarray) -> np.ndarray:
    system = np.array(grams, np.float64)
    stiff = STIFFNESS * np.diagonal(system, axis1=-2, axis2=-1)
    size = np.arange(system.shape[-1])
    system[..., size, size] += stiff
    inverse = np.linalg.inv(system)
    inside = np.clip(np.array(start, np.float64), 0.0, 1.0)
    debt = np.zeros_like(inside)
    for _ in range(ROUNDS):
        asked = pulls + stiff * (inside - debt)
        best = asked @ inverse if inverse.ndim == 2 else np.matmul(asked[:, None], inverse)[:, 0]
        best = RELAXATION * best + (1 - RELAXATION) * inside
        cut = np.clip(best + debt, 0.0, 1.0)
        debt += best - cut
        moved = np.abs(cut - inside).max(initial=0.0)
        inside = cut
        if moved < SETTLED:
            break
    return inside
