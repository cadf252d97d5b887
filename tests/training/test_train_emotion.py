"""The model of emotion on voices that are made here."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from backend.errors import Refusal
from backend.speech.felt import TOLD, felt
from backend.speech.prosody import prosody
from backend.speech.sound import RATE, read_sound
from backend.training.train_emotion import read_voices, train_emotion
from tests.synthetic_voice import write_wav

HERTZ = {"W": 330, "F": 260, "T": 90, "A": 200, "N": 130}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two speakers, one of each emotion twice, that differ by their pitch alone."""
    place, random = tmp_path_factory.mktemp("voices"), np.random.default_rng(0)
    times = np.arange(RATE) / RATE
    for speaker in ("03", "08"):
        for letter, hertz in HERTZ.items():
            for number in range(2):
                phase = 2 * np.pi * hertz * random.uniform(0.97, 1.03) * times
                buzz = sum(np.sin(k * phase) / k for k in range(1, 12)) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * times))
                sound = 0.2 * buzz + random.normal(0, 1e-3, RATE)
                write_wav(place / f"{speaker}a0{number}{letter}a.wav", np.concatenate([sound, np.zeros(RATE)]))
    write_wav(place / "03a09Ea.wav", np.zeros(RATE))
    return place


def test_it_learns_to_tell_speakers_it_has_not_heard(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    train_emotion(folder, tmp_path)
    told = capsys.readouterr().out
    assert '"clips"' in told and '"rules"' in told
    figures = json.loads((tmp_path / "measured.json").read_text())
    assert figures["clips"]["mean"] > 0.8 > figures["rules"]["mean"]
    sound = read_sound(folder / "08a00Wa.wav").samples
    heard = felt(sound, prosody(sound), np.array([0.5]), tmp_path / "emotion.safetensors")
    assert int(heard[0].argmax()) == 1
    assert load_file(tmp_path / "emotion.safetensors")["weight"].shape[1] == len(TOLD)


def test_copies_are_the_same_each_time_and_other_emotions_left_out(folder: Path, tmp_path: Path):
    voices = read_voices(folder)
    assert voices.features.tobytes() == read_voices(folder).features.tobytes()
    assert len(voices.emotions) == 20 * 7 and set(voices.speakers.tolist()) == {"03", "08"}
    with pytest.raises(Refusal, match="no recordings"):
        read_voices(tmp_path)
