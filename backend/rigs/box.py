"""Quadratic problems between bounds, many at once."""

import numpy as np

STEPS, RELEASES, SETTLED = 25, 4, 1e-6


def solve_box(grams: np.ndarray, pulls: np.ndarray, start: np.ndarray) -> np.ndarray:
    """(T, S) the u in 0..1 of the least u gram u / 2 - pull u of every problem.

    grams: (T, S, S) symmetric, positive definite. pulls: (T, S). start: (T, S). Projected Newton steps (Bertsekas
    1982): variables at a bound that the slope pushes outwards are held, the others go where they would be best. A step
    that does not bring a problem down, cut to the bounds, goes only to the first bound, which always does.
    """
    shares = np.clip(np.array(start, np.float64), 0.0, 1.0)
    active = np.arange(len(shares))
    for _ in range(STEPS):
        stepped = _newton(grams[active], pulls[active], shares[active])
        unsettled = np.abs(stepped - shares[active]).max(1, initial=0.0) > SETTLED
        shares[active] = stepped
        active = active[unsettled]
        if len(active) == 0:
            break
    return shares


def _newton(grams: np.ndarray, pulls: np.ndarray, shares: np.ndarray) -> np.ndarray:
    slope = pulls - np.einsum("tij,tj->ti", grams, shares)
    low, high = shares <= 0, shares >= 1
    held = (low & (slope <= 0)) | (high & (slope >= 0))
    step = np.zeros_like(shares)
    active = np.arange(len(shares))
    for _ in range(RELEASES):
        step[active] = _free_step(grams[active], slope[active], held[active])
        out = (low & (step < 0)) | (high & (step > 0))
        held |= out
        active = np.flatnonzero(out.any(1))
        if len(active) == 0:
            break
    step[held] = 0.0
    room = np.where(step < 0, shares, 1.0 - shares)
    until_bound = np.divide(room, np.abs(step), out=np.ones_like(step), where=step != 0)
    until_bound = until_bound.min(1, keepdims=True, initial=1.0)
    cut = np.clip(shares + step, 0.0, 1.0)
    change = cut - shares
    better = (change * (slope - 0.5 * np.einsum("tij,tj->ti", grams, change))).sum(1) >= 0
    return np.where(better[:, None], cut, np.clip(shares + until_bound * step, 0.0, 1.0))


def _free_step(grams: np.ndarray, slope: np.ndarray, held: np.ndarray) -> np.ndarray:
    """(T, S) to where the variables that are not held would be best without bounds; 0 for the others."""
    diagonal = np.arange(grams.shape[1])
    system = np.where(held[:, :, None] | held[:, None, :], 0.0, grams)
    system[:, diagonal, diagonal] += held
    return np.linalg.solve(system, np.where(held, 0.0, slope)[:, :, None])[:, :, 0]
