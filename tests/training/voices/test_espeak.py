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
    assert labels[:3] == ["S", "IH", "S"] and clip.phones[-1].end == pytest.approx(len(clip.samples) / RATE)

    def crossings(label: str) -> float:
        parts = [clip.samples[int(p.start * RATE) : int(p.end * RATE)] for p in clip.phones if p.label == label]
        return float(np.mean([np.abs(np.diff(np.sign(part))).mean() for part in parts]))

    # hissing crosses zero far more often than a vowel does
    assert crossings("S") > 3 * crossings("IH")


def test_the_same_text_is_the_same_clip_and_another_voice_another_one():
    one, same, other = say("Guten Tag.", "de"), say("Guten Tag.", "de"), say("Guten Tag.", "de", VARIANTS[0], pitch=80)
    assert one.phones == same.phones and np.abs(one.samples - same.samples).mean() < 0.2 * np.abs(one.samples).mean()
    assert one.phones != other.phones
    with pytest.raises(Refusal, match="not known"):
        say("x", "no-such-language")
