"""The trainer of speech on voices that are made here: it learns, and an interrupted run ends where another one does."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from backend.networks.phone_layout import LABELS, PhoneConfig
from backend.speech.listener import listener
from backend.speech.phones import SILENCE, Phone, covering
from backend.speech.sound import RATE
from backend.training.run import learning_rate
from backend.training.speech_batches import make_batch
from backend.training.spoken_clips import STEP, Shard, label_frames, shard
from backend.training.train_speech import SpeechTrainer, read_config, viseme_sums, what_follows
from backend.training.voices.spoken import Spoken

SMALL = replace(
    read_config(),
    steps=4,
    batch=2,
    warm_up_steps=2,
    report_every=2,
    network=PhoneConfig(width=16, dilations=(1, 2), delay=4),
)
TONES = {"AA": 300, "IY": 2500, "S": 5000}


def voice(name: str, seed: int) -> Shard:
    """Ten seconds of tones that stand for phones."""
    random, phones, samples, place = np.random.default_rng(seed), [], [], 0.0
    while place < 10:
        label, seconds = [SILENCE, *TONES][random.integers(4)], round(float(random.uniform(0.1, 0.3)), 2)
        times = np.arange(round(seconds * RATE)) / RATE
        phones.append(Phone(label, place, place + seconds))
        samples.append(np.sin(2 * np.pi * TONES.get(label, 0) * times))
        place += seconds
    sound = np.concatenate(samples).astype(np.float32)
    return shard([Spoken(sound, covering(phones, place), name)], 10.0)


@pytest.fixture(scope="module")
def voices() -> dict[str, Shard]:
    return {"high": voice("high", 1), "low": voice("low", 2)}


def test_labels_are_of_the_middle_of_each_step():
    phones = (Phone(SILENCE, 0, 0.01), Phone("M", 0.01, 0.0224), Phone("AA", 0.0224, 0.05))
    assert [LABELS[at] for at in label_frames(phones, 6)] == [SILENCE, SILENCE, "M", "M", "AA", "AA"]


def test_shards_end_with_the_wanted_seconds_and_leave_out_what_is_silent():
    loud = Spoken(np.full(RATE, 0.1, np.float32), (Phone("AA", 0, 1),), "a")
    made = shard([replace(loud, samples=np.zeros(RATE, np.float32)), loud, loud, loud], 1.5)
    assert made.ends.tolist() == [RATE, 2 * RATE] and len(made.labels) == 2 * RATE // STEP
    assert np.abs(made.samples - 0.5 * 32767).max() <= 1


def test_batches_are_the_same_for_the_same_seed_and_hear_what_is_labelled(voices):
    one, same, other = (make_batch(voices, 3, 5, index) for index in (0, 0, 1))
    assert one.bands.tobytes() == same.bands.tobytes() and one.labels.tolist() == same.labels.tolist()
    assert one.bands.tobytes() != other.bands.tobytes()
    plain = make_batch(voices, 3, 5, 0, varied=False)
    high = plain.bands[..., 28:].mean(2)
    hissing = plain.labels == LABELS.index("S")
    assert high[hissing].mean() > high[~hissing].mean() + 0.5


def test_what_follows_is_counted(voices):
    follows = what_follows(voices)
    assert float(follows.sum()) == pytest.approx(1) and float(follows.diagonal().sum()) == 0
    assert {LABELS[at] for at in np.flatnonzero(follows.sum(0).numpy())} == {SILENCE, *TONES}


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(voices, tmp_path: Path):
    held_out = {"high": voices["high"]}
    whole = SpeechTrainer(SMALL, voices, held_out, tmp_path / "whole")
    whole.train()
    stop_after(SpeechTrainer(SMALL, voices, held_out, tmp_path / "parts"), 2)
    again = SpeechTrainer(SMALL, voices, held_out, tmp_path / "parts")
    again.train()
    assert again.step == 4 and len(again.history) == len(whole.history) == 2
    wanted, found = (load_file(tmp_path / name / "speech.safetensors") for name in ("whole", "parts"))
    for name, value in wanted.items():
        assert torch.equal(value, found[name]), name


def stop_after(trainer: SpeechTrainer, steps: int) -> None:
    """Trains as it would, and saves as if it were stopped there."""
    losses = [trainer.one_step(make_batch(trainer.shards, SMALL.batch, SMALL.seed, at)) for at in range(steps)]
    trainer.report(losses, 0.0)


def test_it_learns_and_what_it_learnt_is_heard(voices, tmp_path: Path):
    config = replace(SMALL, steps=40, batch=8, learning_rate=2e-2, average_decay=0.8, report_every=40)
    trainer = SpeechTrainer(config, voices, {"high": voices["high"]}, tmp_path)
    first = trainer.right(trainer.held_out["high"])
    trainer.train()
    assert trainer.history[-1]["high"] > max(0.6, first + 0.3)
    listening = listener(tmp_path / "speech.safetensors")
    tone = (0.3 * np.sin(2 * np.pi * 5000 * np.arange(RATE) / RATE)).astype(np.float32)
    assert LABELS[int(listening.hear(tone)[30:].mean(0).argmax())] == "S"


def test_configuration_and_tables():
    config = read_config(steps=10)
    assert config.steps == 10 and config.network.phones == len(LABELS) == 40
    assert learning_rate(config, 0) < learning_rate(replace(config, warm_up_steps=1), 0)
    sums = viseme_sums()
    assert sums.sum(1).tolist() == [1.0] * 40 and int((sums[LABELS.index("P")] * sums[LABELS.index("M")]).sum()) == 1
