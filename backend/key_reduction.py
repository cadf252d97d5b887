"""Fewer keys: which frames of a curve say all of it."""

import numpy as np

WINDOW = 32
"""Frames that are looked at together."""


def keys_within(curves: np.ndarray, error: float) -> np.ndarray:
    """(T, K) bool, which frames of curves (T, K) stay keys, so that straight lines between them are nowhere further
    than `error` from the straight lines between all frames.

    Interpolate them linearly, as baked keys are played. Keys keep their own values; the first and the last frame are
    keys. From each key the next is the furthest that the cone of all lines within the error still reaches (Bristol
    1990), every curve at its own pace.
    """
    values = np.ascontiguousarray(np.asarray(curves, np.float64).T)
    count, length = values.shape
    kept = np.zeros((count, length), bool)
    kept[:, [0, -1]] = True
    if length < 3:
        return kept.T
    rows = np.arange(count)
    start, last, at = np.zeros(count, np.int64), np.ones(count, np.int64), np.ones(count, np.int64)
    low, high = np.full((count, 1), -np.inf), np.full((count, 1), np.inf)
    while len(rows):
        ahead = at[:, None] + np.arange(WINDOW)
        run = ahead - start[:, None]
        slope = (values[rows[:, None], np.minimum(ahead, length - 1)] - values[rows, start][:, None]) / run
        room = error / run
        low = np.maximum.accumulate(np.concatenate([low, slope - room], axis=1), axis=1)
        high = np.minimum.accumulate(np.concatenate([high, slope + room], axis=1), axis=1)
        reached = (slope >= low[:, :-1]) & (slope <= high[:, :-1]) & (ahead < length)
        furthest = ahead[:, -1] - reached[:, ::-1].argmax(1)
        last = np.where(reached.any(1), furthest, last)
        low, high, at = low[:, -1:], high[:, -1:], at + WINDOW
        closed = (low > high)[:, 0] | (at >= length)
        kept[rows[closed], last[closed]] = True
        start = np.where(closed, last, start)
        at = np.where(closed, last + 1, at)
        last = np.where(closed, at, last)
        low[closed], high[closed] = -np.inf, np.inf
        going = start < length - 1
        if not going.all():
            rows, start, at, last, low, high = (array[going] for array in (rows, start, at, last, low, high))
    return kept.T
