"""Clips by Flite and Festival, where these are installed."""

import shutil

import numpy as np
import pytest

from backend.networks.phone_layout import LABELS
from backend.speech.phones import SILENCE
from backend.speech.sound import RATE
from backend.training.voices import festival
from backend.training.voices.festival import FESTIVAL, FLITE, QUIET, TABLE


def check(clip, labels: list[str]) -> None:
    assert [phone.label for phone in clip.phones if phone.label != SILENCE] == labels
    spoken = np.zeros(len(clip.samples), bool)
    for phone in clip.phones:
        spoken[int(phone.start * RATE) : int(phone.end * RATE)] = phone.label != SILENCE
    loud = np.abs(clip.samples)
    assert loud[spoken].mean() > 5 * loud[~spoken].mean()


@pytest.mark.skipif(not shutil.which("flite"), reason="Flite is not installed")
def test_flite_says_when_phones_end():
    (clip,) = festival.say_by_flite(FLITE[0], ["Moon man."])
    check(clip, ["M", "UW", "N", "M", "AE", "N"])


@pytest.mark.skipif(not shutil.which("festival"), reason="Festival is not installed")
def test_festival_says_when_phones_end():
    kal = next(voice for voice in FESTIVAL if voice.name == "kal_diphone")
    clips = list(festival.say(kal, ['Moon "man".', "No."]))
    assert len(clips) == 2
    check(clips[0], ["M", "UW", "N", "M", "AE", "N"])


def test_every_voice_has_its_phones_in_the_table():
    for voice in (*FLITE, *FESTIVAL):
        assert {sound for sounds in TABLE[voice.phones].values() for sound in sounds.split()} <= set(LABELS)
        assert not QUIET & set(TABLE[voice.phones])
