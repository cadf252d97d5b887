"""Phones against where they are."""

import pytest

from backend.evaluation.speech_timing import compare_onsets, viseme_agreement
from backend.evaluation.speech_without_text import without_text_table
from backend.speech.phones import Phone, Timing


def timing(*phones: Phone) -> Timing:
    return Timing(phones, (), "given", "en", phones[-1].end, 1.0)


def test_looks_are_compared_where_one_of_them_speaks():
    true = timing(Phone("SIL", 0, 1), Phone("P", 1, 1.5), Phone("AA", 1.5, 2))
    found = timing(Phone("SIL", 0, 1), Phone("M", 1, 1.5), Phone("IY", 1.5, 1.75), Phone("AA", 1.75, 2))
    assert viseme_agreement(found, true) == pytest.approx(0.75)
    assert viseme_agreement(true, true) == 1


def test_beginnings_are_matched_in_order():
    true = [Phone("P", 0, 0.1), Phone("AA", 0.1, 0.2), Phone("S", 0.2, 0.3)]
    found = [Phone("B", 0.03, 0.1), Phone("AA", 0.1, 0.2), Phone("K", 0.2, 0.25), Phone("S", 0.25, 0.3)]
    onsets = compare_onsets(found, true)
    assert onsets.phones == 3 and onsets.mean == pytest.approx(0.08 / 3)
    assert onsets.within == pytest.approx((1 / 3, 2 / 3, 1, 1))


def test_the_table_has_a_line_for_each_way():
    shown = {"contacts": {"P B M": (2, 3), "F V": (0, 1)}, "jaw": 0.5}
    way = shown | {"visemes": 0.75, "of_real_time": 0.02}
    table = without_text_table([{"group": "en, read", "seconds": 4.0, "network": way, "loudness to jaw": shown}] * 2)
    assert "without a text, en, read, 8 s:" in table and "  network: right visemes 75.0%" in table
    assert "P B M 4/6" in table and "words" not in table and " ms late" in table
