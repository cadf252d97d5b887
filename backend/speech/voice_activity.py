"""Where in a recording somebody speaks."""

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from backend.speech.sound import RATE

HOP = 160
"""Samples of a frame: 10 ms."""

FLOOR, SPEECH = -60.0, 12.0
"""Decibels of full scale below which all is silence, and above the quietest part from which on there may be speech."""

HANG, SHORTEST = 12, 8
"""Frames that a stretch of speech is widened by on each side, and that it lasts at least."""


def loudness(samples: np.ndarray) -> np.ndarray:
    """(T,) decibels of full scale, one value every HOP samples, over 25 ms."""
    whole = len(samples) // HOP
    frames, rest = samples[: whole * HOP].reshape(whole, HOP), samples[whole * HOP :]
    # No copy of the samples is made: a recording may last for hours.
    power = np.einsum("ij,ij->i", frames, frames).astype(np.float64) / HOP
    if len(rest) or not whole:
        power = np.append(power, float(rest @ rest) / HOP)
    return 10 * np.log10(uniform_filter1d(power, 3, mode="nearest") + 1e-10)


def active(samples: np.ndarray, depth: float = 0.5) -> np.ndarray:
    """(T,) bool for every frame of HOP samples: whether there may be speech in it. depth: how far from the quietest to
    the loudest it begins at most, so that noise does not hide soft speech."""
    level = loudness(samples)
    quiet = np.quantile(level, 0.1)
    peak = np.quantile(level, 0.98)
    limit = max(FLOOR, quiet + min(SPEECH, depth * (peak - quiet)))
    heard = level > limit
    starts, ends = stretches(heard)
    kept = np.zeros(len(heard), bool)
    for start, end in zip(starts, ends, strict=True):
        if end - start >= SHORTEST:
            kept[start:end] = True
    return maximum_filter1d(kept.astype(np.uint8), 2 * HANG + 1).astype(bool)


def stretches(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First frames and ends (n,) of the runs of a mask (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return edges[::2], edges[1::2]


def pieces(samples: np.ndarray, longest: float) -> list[tuple[int, int]]:
    """Samples from where to where: the whole in pieces of at most so many seconds, cut in the middle of pauses, or
    where it is quietest."""
    level = uniform_filter1d(loudness(samples), 15, mode="nearest")
    most, place, result = int(longest * RATE / HOP), 0, []
    while len(level) - place > most:
        first = place + most // 2
        cut = first + int(level[first : place + most].argmin())
        result.append((place * HOP, cut * HOP))
        place = cut
    return [*result, (place * HOP, len(samples))]
