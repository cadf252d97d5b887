"""Curves without their noise, and with their blinks: a bilateral filter over time."""

import numpy as np

LIKELY = 3.0
"""Values within so many standard deviations of the noise are taken for the same value."""

FINEST = 0.02
"""And within this in any case, or a curve without noise would not be smoothed at all."""

HALF_WIDTH = 2.3548
"""The width at half of its height of a Gaussian with a standard deviation of 1."""

ALONE = 1e-6
"""Share of what it could be, below which the spread of a neighbourhood in time is none."""

WIDEST = 240
"""Frames that are looked at to each side at most."""


def smoothed(curves: np.ndarray, frames: np.ndarray, finest: float = FINEST) -> np.ndarray:
    """Curves (T, C) as float32, in each frame on the line that fits its neighbourhood in time and in value best: a
    bilateral filter (Tomasi and Manduchi 1998) of first order, for means make steps of slopes.

    frames: (C,) the width at half height of the neighbourhood in time, 0 for curves that stay as they are. A frame
    counts for another the less the more their values differ, measured in the curve's own noise, so that what is faster
    than the neighbourhood but larger than noise - a blink, lips that touch - keeps its height and its moment. finest:
    differences smaller than this never count as motion. Nothing is delayed; a curve that rises evenly stays as it is.
    """
    source = np.asarray(curves, np.float64)
    result = np.array(curves, np.float32)
    chosen = np.flatnonzero(np.asarray(frames) > 0)
    if len(source) < 3 or not len(chosen):
        return result
    values = source[:, chosen]
    width = np.asarray(frames, np.float64)[chosen] / HALF_WIDTH
    alike = np.maximum(LIKELY * noise(values), finest)
    # Sums over the neighbourhood: of weights, and of these times time, time squared, value, and time and value.
    weight, late, spread = np.ones_like(values), np.zeros_like(values), np.zeros_like(values)
    total, tilt = values.copy(), np.zeros_like(values)
    for step in range(1, min(len(values), WIDEST, int(np.ceil(3 * width.max())) + 1)):
        apart = values[step:] - values[:-step]
        near = np.exp(-0.5 * (np.square(apart / alike) + np.square(step / width)))
        for here, there, time in (
            (slice(step, None), slice(None, -step), -step),
            (slice(None, -step), slice(step, None), step),
        ):
            weight[here] += near
            late[here] += time * near
            spread[here] += time**2 * near
            total[here] += near * values[there]
            tilt[here] += time * near * values[there]
    among = weight * spread - late**2
    # Where no other frame counts there is no line.
    alone = among <= ALONE * weight * spread
    fitted = np.where(alone, values, (spread * total - late * tilt) / np.where(alone, 1.0, among))
    result[:, chosen] = np.clip(fitted, values.min(0), values.max(0))
    return result


def noise(curves: np.ndarray) -> np.ndarray:
    """(C,) the standard deviation of the white noise in curves (T, C), from the median of their second differences,
    which motion, being rare and slow beside it, changes little."""
    if len(curves) < 3:
        return np.zeros(curves.shape[1])
    return np.median(np.abs(np.diff(curves, 2, axis=0)), axis=0) / (0.6745 * np.sqrt(6.0))
