"""The network of speech at work: the same however the sound is cut, in time, and safe with damaged weights."""

from pathlib import Path

import numpy as np
import pytest
import torch

from backend.errors import Refusal
from backend.evaluation.speech_timing import viseme_agreement
from backend.models import models
from backend.networks.phone_layout import LABELS
from backend.speech.hear import LIVE, Hearing, hear, phones_of
from backend.speech.listener import listener
from backend.speech.log_mel import HOP, USUAL, WINDOW, Level, log_mel
from backend.speech.phones import SILENCE
from backend.speech.sound import RATE
from backend.speech.timing import by_network, time_speech
from tests.speech.conftest import SAID
from tests.speech.phone_weights import SMALL, write_weights


@pytest.fixture
def sound() -> np.ndarray:
    times = np.arange(int(1.237 * RATE)) / RATE
    swell = np.sin(2 * np.pi * 2 * times) ** 2
    noise = np.random.default_rng(1).normal(0, 0.02, len(times))
    return (swell * np.sin(2 * np.pi * 180 * times) * 0.3 + noise).astype(np.float32)


def test_however_the_sound_is_cut_the_labels_are_the_same(tmp_path: Path, sound: np.ndarray):
    path = tmp_path / "weights.safetensors"
    write_weights(path)
    whole = Hearing(LIVE, path)
    wanted = np.concatenate([whole.hear(sound), whole.end()])
    assert len(wanted) == -(-len(sound) // HOP) and len(set(wanted.tolist())) > 3
    for size in (1000, 160, 77):
        one, listening = Hearing(LIVE, path), listener(path)
        parts = [sound[at : at + size] for at in range(0, len(sound), size)]
        found = np.concatenate([*(one.hear(part) for part in parts), one.end()])
        assert found.tolist() == wanted.tolist()
        rows = np.concatenate([*(listening.hear(part) for part in parts), listening.end()])
        again = listener(path)
        assert rows.tobytes() == np.concatenate([again.hear(sound), again.end()]).tobytes()


def test_answers_come_within_the_latency_that_is_told(tmp_path: Path, sound: np.ndarray):
    path = tmp_path / "weights.safetensors"
    write_weights(path)
    one, settled = Hearing(LIVE, path), 0
    for at in range(0, len(sound), 16):
        settled += len(one.hear(sound[at : at + 16]))
        assert (at + 16) / RATE - (settled + 0.5) * HOP / RATE <= one.latency
    assert one.latency < SMALL.delay * 0.01 + 0.08


def test_it_answers_what_the_trained_network_does(tmp_path: Path, sound: np.ndarray):
    path = tmp_path / "weights.safetensors"
    network = write_weights(path)
    listening = listener(path)
    found = np.concatenate([listening.hear(sound), listening.end()])
    silence = np.zeros(WINDOW // 2 - HOP // 2, np.float32)
    padded = np.concatenate([silence, sound, np.zeros(60 * HOP, np.float32)])
    bands = log_mel(np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP])
    level = Level(USUAL)
    levelled = np.stack([level.removed(one) for one in bands[: len(bands) // 2 * 2]])
    with torch.no_grad():
        wanted = torch.softmax(network(torch.from_numpy(levelled)[None]), 2)[0].numpy()
    assert np.abs(found - wanted[SMALL.delay :][: len(found)]).max() < 1e-5


def test_nothing_is_heard_in_no_sound(tmp_path: Path):
    path = tmp_path / "weights.safetensors"
    write_weights(path)
    one = Hearing(LIVE, path)
    assert len(one.hear(np.zeros(0, np.float32))) == len(one.end()) == 0
    assert sum(phone.end - phone.start for phone in hear(np.zeros(50, np.float32), path=path)) == pytest.approx(
        50 / RATE
    )


def test_labels_become_phones():
    labels = np.array([0] * 5 + [LABELS.index("AA")] * 10 + [LABELS.index("M")] * 5 + [0] * 20 + [3] * 8 + [0] * 2)
    phones = phones_of(labels, 0.5)
    assert [(one.label, round(one.start, 3), round(one.end, 3)) for one in phones] == [
        (SILENCE, 0, 0.056),
        ("AA", 0.056, 0.156),
        ("M", 0.156, 0.206),
        (SILENCE, 0.206, 0.5),
    ]


@pytest.mark.parametrize("damage", ["cut", "missing", "shape", "text"])
def test_damaged_weights_are_refused(tmp_path: Path, damage: str):
    path = tmp_path / "weights.safetensors"
    write_weights(path, **({"follows": torch.ones(3)} if damage == "shape" else {}))
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "text":
        path.write_text("These are no weights.")
    elif damage == "missing":
        path.unlink()
    with pytest.raises(Refusal) as refusal:
        Hearing(LIVE, path)
    assert refusal.value.code == "bad-weights"


def test_the_shipped_network_has_a_card_and_hears_a_reader(voice):
    (model,) = [one for one in models() if one.name == "speech"]
    assert model.card is not None and model.path.stat().st_size < 6e6
    true = time_speech(voice, SAID)
    found = by_network(voice, "en")
    assert viseme_agreement(found, true) > 0.55
    assert [phone.label for phone in found.phones].count(SILENCE) < 5
