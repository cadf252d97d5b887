"""The rate that keys at given times were made at."""

import numpy as np

from backend.live_link import COMMON_RATES

SLOWEST = 20.0
DEFAULT = 30.0
"""Keys further apart than SLOWEST a second were set by hand; then the motion between them is sampled at DEFAULT."""


def likely_rate(times: np.ndarray) -> float:
    """Frames per second of keys at times (n,) in seconds, in any order: a common rate where one is within 1 %."""
    step = np.diff(np.unique(np.round(times, 6)))
    usual = 1 / float(np.median(step)) if len(step) else DEFAULT
    if usual < SLOWEST:
        return DEFAULT
    near = min(COMMON_RATES, key=lambda rate: abs(rate - usual))
    return near if abs(near - usual) < 0.01 * usual else usual
