"""Emotions: how they are asked for, and what they add to speech."""

from pathlib import Path

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.speech.contact import SHUT, open_head_lips
from backend.speech.emotion import EMOTIONS, LOWER, Keys, emotional, parse_emotion, suggested
from backend.speech.prosody import prosody
from backend.speech.speak import FPS, Direction, speak
from backend.speech.tables import articulation, emotions
from tests.synthetic_voice import said, voice


def test_intensities_by_name_and_by_other_names() -> None:
    keys = parse_emotion("happy=0.6,anger=0.2")
    assert isinstance(keys, Keys)
    asked = dict(zip(EMOTIONS, keys.at(np.array([3.0]))[0], strict=True))
    assert asked["happiness"] == 0.6 and asked["anger"] == 0.2 and sum(asked.values()) == pytest.approx(0.8)
    assert [parse_emotion(asked) for asked in ("auto", "learned", "")] == ["auto", "learned", "off"]


@pytest.mark.parametrize("separator", [",", ";"])
def test_keys_of_a_table_are_joined_by_lines(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "keys.csv"
    path.write_text("time,sadness\n1,0\n2,1\n".replace(",", separator))
    keys = parse_emotion(str(path))
    assert isinstance(keys, Keys)
    np.testing.assert_allclose(keys.at(np.array([0, 1.5, 9]))[:, EMOTIONS.index("sadness")], [0, 0.5, 1])


@pytest.mark.parametrize("asked", ["bored=1", "anger=2", "anger=-1", "anger=nan", "anger=much", "missing.csv"])
def test_what_is_no_emotion_is_refused(asked: str) -> None:
    with pytest.raises(Refusal) as raised:
        parse_emotion(asked)
    assert raised.value.code == "bad-emotion"


@pytest.mark.parametrize("text", ["", "anger\n1\n", "time,anger\n", "time,bored\n0,1\n", "time,anger\n0,loud\n"])
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.csv"
    path.write_text(text)
    with pytest.raises(Refusal):
        parse_emotion(str(path))


def test_a_mouth_in_contact_keeps_its_shape_and_the_upper_face_its_emotion() -> None:
    full = np.eye(len(EMOTIONS))[[EMOTIONS.index("anger")]].repeat(30, 0)
    free, shut = (emotional(full, emotions(), np.full(30, at), np.zeros(30), FPS) for at in (0.0, 1.0))
    assert np.abs(shut[:, LOWER]).max() == 0 < free[:, LOWER].max()
    np.testing.assert_allclose(np.delete(shut, LOWER, 1), np.delete(free, LOWER, 1))
    assert free[:, ARKIT_NAMES.index("browDownLeft")].min() > 0.5


@pytest.mark.parametrize("name", EMOTIONS)
def test_no_emotion_opens_a_closed_lip(name: str) -> None:
    timing = said("SIL AA P AA M AA B AA SIL")
    keys = Keys(np.zeros(1), np.eye(len(EMOTIONS))[[EMOTIONS.index(name)]])
    motion = speak(voice(timing), timing, articulation(), emotions(), Direction(emotion=keys)).motion
    gaps = open_head_lips().gaps(motion.named(ARKIT_NAMES).weights)
    times = np.arange(len(gaps)) / motion.fps
    for phone in timing.phones:
        if phone.label in ("P", "M", "B"):
            assert gaps[(times > phone.start - 0.04) & (times < phone.end + 0.04)].min() <= SHUT, phone


def test_a_voice_suggests_intensities_and_silence_suggests_none() -> None:
    times = np.arange(60) / FPS
    timing = said("AA " * 12)
    found = suggested(prosody(voice(timing).samples), times)
    assert found.shape == (60, len(EMOTIONS)) and found.min() >= 0 and found.max() <= 1
    assert suggested(prosody(np.zeros(16_000, np.float32)), times).max() == 0
