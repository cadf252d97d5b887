"""How far phones are from where they are: beginnings, and what is seen at each moment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.speech.phones import SILENCE, Phone, Timing
from backend.speech.visemes import VISEME


@dataclass(frozen=True)
class Onsets:
    """phones: how many of the labels were found. mean: seconds, of the distances of their beginnings, within: shares of
    them within 20, 40, 60 and 100 ms."""

    phones: int
    mean: float
    within: tuple[float, ...]


def compare_onsets(found: Sequence[Phone], labels: Sequence[Phone]) -> Onsets:
    """The beginnings of phones against those of labels. Both are matched in order, where they look alike and lie near
    each other, as dynamic programming finds it best."""
    own = [one for one in found if one.label != SILENCE]
    true = [one for one in labels if one.label != SILENCE]
    looks = np.array([[VISEME.get(a.label) == VISEME.get(b.label) for b in true] for a in own], float)
    apart = np.abs(np.array([one.start for one in own])[:, None] - np.array([one.start for one in true]))
    worth = looks * np.maximum(1 - apart, 0)
    best = np.zeros((len(own) + 1, len(true) + 1))
    for i in range(len(own)):
        for j in range(len(true)):
            best[i + 1, j + 1] = max(best[i, j + 1], best[i + 1, j], best[i, j] + worth[i, j])
    pairs, i, j = [], len(own), len(true)
    while i and j:
        if worth[i - 1, j - 1] > 0 and best[i, j] == best[i - 1, j - 1] + worth[i - 1, j - 1]:
            i, j = i - 1, j - 1
            pairs.append(apart[i, j])
        elif best[i, j] == best[i - 1, j]:
            i -= 1
        else:
            j -= 1
    away = np.array(pairs) if pairs else np.array([np.inf])
    within = tuple(float((away <= limit).mean()) for limit in (0.02, 0.04, 0.06, 0.1))
    return Onsets(len(pairs), float(away.mean()), within)


def viseme_agreement(found: Timing, true: Timing) -> float:
    """Share of hundredths of a second, silent ones in both aside, with the same viseme."""
    times = np.arange(0, min(found.duration, true.duration), 0.01)
    one, other = (_visemes_at(timing.phones, times) for timing in (found, true))
    spoken = (one != "sil") | (other != "sil")
    return float((one == other)[spoken].mean()) if spoken.any() else 1.0


def _visemes_at(phones: Sequence[Phone], times: np.ndarray) -> np.ndarray:
    starts = np.array([one.start for one in phones])
    names = np.array([VISEME.get(one.label, "sil") for one in phones])
    return names[np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(names) - 1)]
