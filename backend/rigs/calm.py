"""Solved curves without jitter that the performance does not have."""

import numpy as np
from scipy.linalg import solveh_banded

LIMIT = 1.2
"""How much rougher than the roughest channel a curve may be before it is smoothed."""

STIFFEST = 12
"""Times that the stiffness is made four times larger at most."""


def calmed(values: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Curves values (T, K), those smoothed that are rougher than every channel source (T, C) they were made from.

    A penalised second difference (Whittaker 1923), made stiffer until the curve is as calm as the channels; it yields
    where the channels themselves turn fast, so blinks and closing lips keep their speed.
    """
    result = np.array(values, np.float64)
    if len(values) < 5:
        return result
    bends = np.abs(np.diff(source, 2, axis=0)).max(1)
    quiet = 1.0 / (1.0 + np.square(bends / max(float(np.median(bends)), 1e-9)))
    limit = LIMIT * float(roughness(source).max(initial=0.0))
    # One by one: the differences of all at once would fill the memory.
    for column in range(values.shape[1]):
        if roughness(values[:, [column]])[0] <= limit:
            continue
        stiffness = 0.25
        for _ in range(STIFFEST):
            result[:, column] = _smoothed(values[:, column], stiffness * quiet)
            if roughness(result[:, [column]])[0] <= limit:
                break
            stiffness *= 4
    return result


def roughness(curves: np.ndarray) -> np.ndarray:
    """(K,) root mean square second difference of curves (T, K), each as a share of its range; 0 for what is still."""
    if len(curves) < 3:
        return np.zeros(curves.shape[1])
    bend = np.sqrt(np.square(np.diff(curves, 2, axis=0)).mean(0))
    return bend / np.maximum(np.ptp(curves, axis=0), 1e-12) * (np.ptp(curves, axis=0) > 1e-9)


def _smoothed(curve: np.ndarray, stiffness: np.ndarray) -> np.ndarray:
    """The curve s (T,) of the least |s - curve|^2 + sum of stiffness (T - 2,) times squared second differences."""
    count = len(curve)
    bands = np.zeros((3, count))
    bands[2] = 1.0
    for offset, factor in enumerate((1.0, -2.0, 1.0)):
        bands[2, offset : offset + count - 2] += stiffness * factor**2
    bands[1, 1 : count - 1] += -2.0 * stiffness
    bands[1, 2:count] += -2.0 * stiffness
    bands[0, 2:] += stiffness
    return solveh_banded(bands, curve)
