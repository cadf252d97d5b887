"""Words moved by hand take their phones along."""

import numpy as np
import pytest

from backend.speech.nudge import SHORTEST, nudged
from backend.speech.phones import Phone, Timing, Word, covering

TIMING = Timing(
    covering([Phone("AH", 0.2, 0.4), Phone("L", 0.4, 0.6), Phone("OW", 0.6, 1.0)], 1.5),
    (Word("ul", 0.2, 0.6), Word("oh", 0.6, 1.0)),
    "given",
    "en",
    1.5,
    1.0,
)


def starts(*seconds: float) -> np.ndarray:
    return np.array(seconds)


def test_words_that_stay_change_nothing() -> None:
    assert nudged(TIMING, starts(np.nan, np.nan)) == TIMING
    assert nudged(TIMING, starts(0.2, 0.6)) == TIMING


def test_a_word_that_begins_later_leaves_its_time_to_the_one_before() -> None:
    found = nudged(TIMING, starts(np.nan, 0.8))
    assert [word.start for word in found.words] == pytest.approx([0.2, 0.8])
    assert found.words[1].end == pytest.approx(1.0)
    assert [(one.label, round(one.start, 6)) for one in found.phones] == [
        ("SIL", 0.0), ("AH", 0.2), ("L", 0.5), ("OW", 0.8), ("SIL", 1.0)
    ]  # fmt: skip


@pytest.mark.parametrize("wanted", [(0.9, 0.1), (5.0, 5.0), (-1.0, -1.0), (0.6, 0.6)])
def test_order_and_length_are_kept(wanted: tuple[float, float]) -> None:
    found = nudged(TIMING, starts(*wanted))
    assert found.words[1].start - found.words[0].start >= SHORTEST - 1e-9
    assert found.words[0].start >= 0 and found.words[1].end <= TIMING.duration
    edges = [one.start for one in found.phones] + [found.phones[-1].end]
    assert edges[0] == 0 and edges[-1] == pytest.approx(TIMING.duration) and (np.diff(edges) > 0).all()
