"""Words moved by hand, and the phones with them."""

from dataclasses import replace

import numpy as np

from backend.speech.phones import Phone, Timing, Word, covering

SHORTEST = 0.02
"""Seconds that are left of a word between two that were moved towards each other."""


def nudged(timing: Timing, starts: np.ndarray) -> Timing:
    """The timing with its words beginning at other times. starts: (W,) seconds, NaN where a word stays where it is.

    Time is stretched evenly between the beginnings of words, and from the last to its own end; they keep their order.
    """
    before = np.array([word.start for word in timing.words])
    after = np.where(np.isfinite(starts), starts, before)
    if len(before) == 0 or np.allclose(after, before):
        return timing
    room = SHORTEST * np.arange(len(after))
    after = np.maximum.accumulate(np.clip(after, SHORTEST, None) - room) + room
    after = np.minimum(after, timing.duration - SHORTEST * np.arange(len(after), 0, -1))
    last = max(timing.words[-1].end, before[-1] + SHORTEST)
    end = min(max(last, after[-1] + SHORTEST), timing.duration)
    known = np.concatenate([[0.0], before, [last, max(timing.duration, last + SHORTEST)]])
    moved = np.concatenate([[0.0], after, [end, max(timing.duration, end)]])
    kept = np.concatenate([[True], np.diff(known) > 1e-6])

    def at(seconds: float) -> float:
        return float(np.interp(seconds, known[kept], moved[kept]))

    phones = [Phone(one.label, at(one.start), at(one.end), one.stress, one.confidence) for one in timing.phones]
    words = tuple(Word(one.text, at(one.start), at(one.end), one.confidence) for one in timing.words)
    return replace(timing, phones=covering(phones, timing.duration), words=words)
