"""TextGrids: what is written is read again, and what is none is refused."""

import numpy as np
import pytest

from backend.errors import Refusal
from backend.speech.phones import Phone, Timing, Word, covering
from backend.speech.textgrid import read_textgrid, write_textgrid

TIMING = Timing(
    covering([Phone("HH", 0.5, 0.6), Phone("AH", 0.6, 0.75, 1), Phone("L", 0.75, 0.8), Phone("OW", 0.8, 1.1)], 1.5),
    (Word('"hello"', 0.5, 1.1),),
    "aligned",
    "en",
    1.5,
    1.0,
)


def test_a_textgrid_comes_back_as_it_was_written(tmp_path):
    write_textgrid(tmp_path / "a.TextGrid", TIMING)
    again = read_textgrid(tmp_path / "a.TextGrid", 1.5)
    assert [(one.label, one.stress) for one in again.phones] == [(one.label, one.stress) for one in TIMING.phones]
    np.testing.assert_allclose([one.start for one in again.phones], [one.start for one in TIMING.phones], atol=1e-5)
    assert again.words[0].text == '"hello"' and again.route == "given"


def test_the_short_form_and_utf_16_are_read(tmp_path):
    short = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", "1", "<exists>", "1"]
    short += ['"IntervalTier"', '"phones"', "0", "1", "2", "0", "0.4", '"ah1"', "0.4", "1", '""']
    (tmp_path / "a.TextGrid").write_text("\n".join(short), encoding="utf-16")
    found = read_textgrid(tmp_path / "a.TextGrid")
    assert [(one.label, one.stress) for one in found.phones] == [("AH", 1), ("SIL", 0)] and found.duration == 1


def test_what_is_no_textgrid_is_refused(tmp_path):
    write_textgrid(tmp_path / "a.TextGrid", TIMING)
    whole = (tmp_path / "a.TextGrid").read_text()
    for content in ("", "nothing", whole[: len(whole) // 2], whole.replace('"phones"', '"tones"')):
        (tmp_path / "b.TextGrid").write_text(content)
        with pytest.raises(Refusal) as refused:
            read_textgrid(tmp_path / "b.TextGrid")
        assert refused.value.code == "bad-textgrid"
    with pytest.raises(Refusal):
        read_textgrid(tmp_path / "absent.TextGrid")
