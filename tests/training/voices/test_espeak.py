"""espeak-ng's clips: what it says, and when."""

import numpy as np
import pytest

from backend.errors import Refusal
from backend.speech.phones import SILENCE
from backend.speech.sound import RATE
from backend.training.voices.espeak import VARIANTS, say


def test_phones_lie_where_they_sound():
    clip = say("Sister Susie.", "en-us", "f2", rate=140)
    labels = [phone.label for phone in clip.phones if phone.label != SILENCE]
    assert labels[-4:] == ["S", "UW", "Z", "IY"] and clip.phones[-1].end == pytest.approx(len(clip.samples) / RATE)

    def crossings(label: str) -> float:
        parts = [clip.samples[int(p.start * RATE) : int(p.end * RATE)] for p in clip.phones if p.label == label]
        return float(np.mean([np.abs(np.diff(np.sign(part))).mean() for part in parts]))

    # hissing crosses zero far more often than a vowel does
    assert crossings("S") > 3 * crossings("IH")


def test_the_same_text_is_the_same_phones_and_another_voice_takes_its_own_time():
    one, same, other = say("Guten Tag.", "de"), say("Guten Tag.", "de"), say("Guten Tag.", "de", VARIANTS[0], rate=120)
    assert [phone.label for phone in one.phones] == [phone.label for phone in same.phones]
    starts = [np.array([phone.start for phone in clip.phones]) for clip in (one, same, other)]
    assert np.abs(starts[0] - starts[1]).max() < 0.002 and starts[2][-1] > starts[0][-1] + 0.1
    with pytest.raises(Refusal, match="not known"):
        say("x", "no-such-language")
