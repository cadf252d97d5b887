"""The bounded solve: where controls have to go for the face to do what channels want. Numpy alone, for Blender."""

from dataclasses import dataclass

import numpy as np

from ..cloning.code_fit import FLOOR, solve_codes
from .box import solve_box

FAR = 4.0
"""How far a control without a bound is let go: until it moves the face so many times as much as the strongest shape."""

SPARSE, SMALL = 1e-3, 3e-3
"""Penalties on how far controls go, and on its square, in shares of their range, as shares of the mean squared motion
that is missed: what the rig cannot do is no reason to bend it."""

PASSES = 2

MANY = 120
"""Controls from which on the frames of a chunk share one penalty on squares: then one factor serves them all, where
each would need its own."""
CHUNK = 500
"""Frames that are solved for at a time."""


@dataclass(frozen=True)
class Spans:
    """Where S controls may go. control: (S,) which. low: (S,) the lowest value, away from rest. span: (S,) from there
    to the highest."""

    control: np.ndarray
    low: np.ndarray
    span: np.ndarray


def spans(minimum: np.ndarray, maximum: np.ndarray, usable: np.ndarray, energy: np.ndarray) -> Spans:
    """Of the usable (K,) controls, which may go from minimum (K,) to maximum (K,), from rest. energy: (K + C,) mean
    squared displacement by a unit of each control and channel; a control without a bound is given one."""
    count = len(minimum)
    far = FAR * np.sqrt(energy[count:].max(initial=0.0) / np.maximum(energy[:count], 1e-300))
    low, high = np.maximum(minimum, -far), np.minimum(maximum, far)
    chosen = np.flatnonzero(usable & (high > low) & (energy[:count] > 0))
    return Spans(chosen, low[chosen], (high - low)[chosen])


def solve(free: Spans, gram: np.ndarray, channels: np.ndarray) -> np.ndarray:
    """(T, K) float32, how far from rest the free controls go to bring the face nearest to channels (T, C), sparsely,
    and little where the face hardly tells; 0 for the others. gram: (K + C, K + C) products of what a unit of each
    control and channel does.

    Every control becomes a variable u in 0..1 over its range with its rest at u0. The penalties sum(u) and
    (u - u0)^2 / 2 follow the squared residual down, so that what can be had exactly is; u has none of the first where
    a control goes both ways. Completing the square turns this into the codes' problem.
    """
    count = len(gram) - channels.shape[1]
    own = gram[np.ix_(free.control, free.control)] * np.outer(free.span, free.span)
    across = gram[count:, free.control] * free.span
    among = gram[count:, count:]
    rest = -free.low / free.span
    both_ways = ((rest > 0) & (rest < 1)).astype(np.float64) + 2.0 * (rest >= 1)
    fixed = np.zeros(len(rest), bool)
    result = np.zeros((len(channels), count), np.float32)
    for start in range(0, len(channels) if len(rest) else 0, CHUNK):
        some = channels[start : start + CHUNK].astype(np.float64)
        products, energy = some @ across, ((some @ among) * some).sum(1)
        noise = SMALL * energy + FLOOR * float(np.trace(among))
        shares = np.tile(rest, (len(some), 1))
        for _ in range(PASSES):
            sparse, small = SPARSE * noise, SMALL * noise
            if len(rest) > MANY:
                small = np.full(len(some), small.mean())
            pulls = products + rest @ own + np.outer(small, rest) + np.outer(sparse, both_ways)
            if len(rest) > MANY:
                shares = solve_box(own + small[0] * np.eye(len(rest)), pulls - sparse[:, None], shares)
            else:
                shares = solve_codes(own, pulls, sparse, small, shares, fixed)
            away = shares - rest
            missed = energy - 2 * (away * products).sum(1) + ((away @ own) * away).sum(1)
            noise = np.maximum(missed, FLOOR * float(np.trace(among)))
        result[start : start + CHUNK, free.control] = (shares - rest) * free.span
    return result
