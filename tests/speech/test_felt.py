"""What a voice feels: the model's sums, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from backend.errors import Refusal
from backend.speech.emotion import EMOTIONS
from backend.speech.felt import TOLD, felt
from backend.speech.prosody import prosody
from backend.speech.sound import RATE
from backend.speech.voice_features import COUNT, FRAMES, bands_at, features_of
from tests.synthetic_voice import said, voice


def write_model(path: Path, **other: np.ndarray) -> None:
    """One that hears anger where the pitch (the first number) is high, and sadness where it is low."""
    weight = np.zeros((COUNT, len(TOLD)), np.float32)
    weight[0, TOLD.index("anger")], weight[0, TOLD.index("sadness")] = 3, -3
    middle = np.zeros(COUNT, np.float32)
    middle[0] = 12
    arrays = {"middle": middle, "spread": np.full(COUNT, 4, np.float32), "weight": weight}
    save_file({**arrays, "bias": np.zeros(len(TOLD), np.float32), **other}, path)


def test_high_voices_and_low_ones_are_told_apart_and_silence_says_nothing(tmp_path: Path):
    path = tmp_path / "emotion.safetensors"
    write_model(path)
    times = np.arange(0, 6, 0.1)
    buzz = voice(said("SIL " + "AA M " * 12 + "SIL", each=0.09, silence=0.1)).samples[: 2 * RATE]
    high = np.interp(np.arange(0, 2 * RATE - 2, 2.0), np.arange(len(buzz)), buzz).astype(np.float32)
    samples = np.concatenate([np.resize(high, 2 * RATE), np.zeros(2 * RATE, np.float32), buzz])
    heard = felt(samples, prosody(samples), times, path)
    assert heard.shape == (60, 7) and (heard.sum(1) < 1 + 1e-6).all()
    anger = heard[:, EMOTIONS.index("anger")]
    assert anger[8] > anger[52] + 0.2 and heard[30].sum() < 0.5
    assert felt(samples, prosody(samples), times, path).tobytes() == heard.tobytes()


def test_numbers_say_little_of_how_loud_it_is():
    samples = voice(said()).samples
    one, soft = (features_of(part, prosody(part)) for part in (samples, samples * np.float32(0.3)))
    assert len(one) == COUNT and np.isfinite(one).all()
    assert np.abs(one - soft).max() < 0.15
    assert bands_at(samples, -5, FRAMES).shape[0] == FRAMES


@pytest.mark.parametrize("samples", [np.zeros(RATE // 50), np.zeros(3 * RATE)])
def test_no_voice_feels_nothing(tmp_path: Path, samples: np.ndarray):
    path = tmp_path / "emotion.safetensors"
    write_model(path)
    samples = samples.astype(np.float32)
    assert not felt(samples, prosody(samples), np.arange(3.0), path).any()


@pytest.mark.parametrize("damage", ["text", "missing", "shape"])
def test_a_damaged_model_is_refused(tmp_path: Path, damage: str):
    path = tmp_path / "emotion.safetensors"
    write_model(path, **({"bias": np.zeros(2, np.float32)} if damage == "shape" else {}))
    if damage == "text":
        path.write_text("This is no model.")
    elif damage == "missing":
        path.unlink()
    with pytest.raises(Refusal) as refusal:
        felt(np.zeros(RATE, np.float32), prosody(np.zeros(RATE, np.float32)), np.zeros(1), path)
    assert refusal.value.code == "bad-weights"
