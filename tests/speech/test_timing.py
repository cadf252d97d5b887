"""Words and phones in time: with a text, without, with the wrong one, and where nobody speaks."""

import numpy as np
import pytest

from backend.errors import Refusal
from backend.speech.phones import SILENCE, Phone, covering
from backend.speech.pronounce import arpabet, sounds_of, words_of
from backend.speech.sound import RATE, Sound
from backend.speech.timing import time_speech
from backend.speech.voice_activity import pieces
from tests.speech.conftest import SAID


def check_covers(timing) -> None:
    assert timing.phones[0].start == 0 and timing.phones[-1].end == pytest.approx(timing.duration)
    for one, other in zip(timing.phones, timing.phones[1:], strict=False):
        assert one.end == pytest.approx(other.start) and one.end > one.start


def test_a_text_is_aligned(voice):
    timing = time_speech(voice, SAID + ".")
    assert timing.route == "aligned" and timing.confidence > 0.9 and not timing.notes
    assert [word.text for word in timing.words] == SAID.split()
    labels = [phone.label for phone in timing.phones if phone.label != SILENCE]
    assert labels[:7] == ["IH", "N", "B", "IY", "IH", "NG", "K"]
    check_covers(timing)
    again = time_speech(voice, SAID + ".")
    assert again == timing


def test_without_a_text_words_are_recognised(voice):
    timing = time_speech(voice)
    assert timing.route == "recognised" and "being" in {word.text for word in timing.words}
    assert time_speech(voice) == timing
    check_covers(timing)


def test_another_text_is_noticed(voice):
    timing = time_speech(voice, "Four score and seven years ago our fathers brought forth on this continent")
    assert timing.route == "recognised" and any("not what is said" in note for note in timing.notes)


@pytest.mark.parametrize("text", ["", "  ...  !!", "\n"])
def test_a_text_without_words_is_as_none(voice, text):
    timing = time_speech(voice, text)
    assert timing.route == "recognised" and any("no words" in note for note in timing.notes)


def test_unknown_words_are_sounded_out(voice):
    timing = time_speech(voice, "in beeing comparativly moddern")
    assert timing.route == "aligned" and timing.words[2].text == "comparativly"


def test_other_languages_are_aligned_by_their_sounds(corpus):
    from backend.speech.sound import read_sound

    german = read_sound(corpus / "dev" / "speech" / "emodb_03a01Fa.wav")
    timing = time_speech(german, "Der Lappen liegt auf dem Eisschrank.", "de")
    assert timing.route == "aligned" and timing.confidence < 0.9
    assert [word.text for word in timing.words][:2] == ["der", "lappen"]
    heard = time_speech(german, None, "de")
    assert heard.route == "network" and heard.language == "de" and not heard.words
    assert len([phone for phone in heard.phones if phone.label != SILENCE]) > 12
    check_covers(heard)
    assert time_speech(german, None, "de") == heard
    with pytest.raises(Refusal, match="language xx is not known"):
        time_speech(german, None, "xx")


@pytest.mark.parametrize("kind", ["silence", "noise", "music", "blip", "clipped"])
def test_what_is_no_speech_ends_in_a_result(made, kind):
    random, times = np.random.default_rng(0), np.arange(2 * RATE) / RATE
    samples = {
        "silence": np.zeros(2 * RATE),
        "noise": random.normal(0, 0.1, 2 * RATE),
        "music": 0.3 * sum(np.sin(2 * np.pi * hertz * times) for hertz in (220, 277, 330)) * (times % 0.5 < 0.4),
        "blip": random.normal(0, 0.1, RATE // 50),
        "clipped": np.sign(np.sin(2 * np.pi * 150 * times)),
    }[kind]
    timing = time_speech(made(samples, 0.9 if kind == "clipped" else 0.0), "hello there" if kind == "noise" else None)
    check_covers(timing)
    assert timing.notes or timing.route == "silence"
    if kind == "noise":
        assert timing.route == "silence" and timing.confidence <= 0.5
    if kind == "silence":
        assert timing.route == "silence" and [phone.label for phone in timing.phones] == [SILENCE]


def test_long_recordings_are_aligned_in_pieces(voice):
    pause = np.zeros(RATE // 2, np.float32)
    many = Sound(np.concatenate([voice.samples, pause] * 55), RATE, 1, 0.0)
    assert many.duration > 120
    timing = time_speech(many, " ".join([SAID] * 55))
    assert timing.route == "aligned" and len(timing.words) == 4 * 55
    step = voice.duration + 0.5
    starts = np.array([word.start for word in timing.words[::4]])
    assert np.abs(np.diff(starts) - step).max() < 0.15
    check_covers(timing)


def test_pieces_are_cut_in_pauses():
    loud = np.random.default_rng(0).normal(0, 0.2, 10 * RATE).astype(np.float32)
    loud[int(3.6 * RATE) : int(3.9 * RATE)] = 0
    (_, cut), *rest = pieces(loud, 5.0)
    assert 3.6 * RATE < cut < 3.9 * RATE and rest[-1][1] == len(loud)


def test_words_and_their_sounds():
    assert words_of("Dr. Who's 42 -- don't!") == ["doctor", "who's", "forty", "two", "don't"]
    assert words_of("1,234") == ["one", "thousand", "two", "hundred", "and", "thirty", "four"]
    assert sounds_of("blorp") == [("B", "L", "AO", "R", "P")]
    assert arpabet("ʃˈøːnə") == ("SH", "ER", "N", "AH")


def test_gaps_are_silent_and_overlaps_are_cut():
    phones = covering([Phone("B", 0.2, 0.5), Phone("AA", 0.4, 0.7)], 1.0)
    assert [one.label for one in phones] == [SILENCE, "B", "AA", SILENCE]
    assert phones[1].end == pytest.approx(0.45) == phones[2].start
