"""The published network learns codes of recordings that say when the jaw is open; random convolutions hear them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.__main__ import main
from backend.archives import write_arrays
from backend.errors import Refusal
from backend.networks.speech_codes import JAW
from backend.speech.learned_codes import Take, act, hear, measured
from backend.speech.sound import RATE, read_sound
from backend.training.code_clips import code_range, read_clip, read_clips
from backend.training.train_speech_codes import CHECKPOINT, CodesBatch, CodesTrainer, averaged
from tests.speech_layout import owned_wav2vec, speech_weights
from tests.synthetic_voice import write_wav
from third_party.speech.checkpoint import FRONT, read_talker

SECONDS = 2.0


def make_clip(folder: Path, name: str, seed: int, fps: float = 60.0, emotion: bool = False) -> None:
    """A buzz that comes and goes, and a jaw that is open while it does."""
    times = np.arange(round(SECONDS * RATE)) / RATE
    spoken = (np.sin(2 * np.pi * (1.5 * times + 0.3 * seed)) > 0).astype(np.float32)
    noise = np.random.default_rng(seed).standard_normal(len(times))
    write_wav(folder / f"{name}.wav", spoken * 0.3 * np.sign(np.sin(2 * np.pi * 150 * times)) + 1e-4 * noise)
    frames = np.arange(round(SECONDS * fps)) / fps
    jaw = 0.3 * (np.sin(2 * np.pi * (1.5 * frames + 0.3 * seed)) > 0)
    expression = np.zeros((len(frames), 50))
    expression[:, 0] = jaw
    more = {"emotion": np.full((len(frames), 7), 0.5)} if emotion else {}
    write_arrays(folder / f"{name}.npz", expression=expression, jaw=jaw, fps=np.float64(fps), **more)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for seed in range(3):
        make_clip(folder, f"clip{seed}", seed, emotion=seed == 2)
    front = {name.removeprefix(FRONT): value for name, value in speech_weights().items() if name.startswith(FRONT)}
    owned_wav2vec(folder / "base", front)
    return folder


def train(data: Path, out: Path, steps: int) -> int:
    given = (
        "--data",
        data,
        "--wav2vec",
        data / "base",
        "--out",
        out,
        "--steps",
        steps,
        "--config",
        data / "small.toml",
    )
    text = (Path(__file__).parents[2] / "backend/training/speech_codes.toml").read_text()
    text = text.replace("average_decay = 0.999", "average_decay = 0.9")
    small = text.replace("batch = 16", "batch = 4").replace("warm_up_steps = 200", "warm_up_steps = 5")
    (data / "small.toml").write_text(small.replace("report_every = 250", "report_every = 20"))
    return main(["train", "speech-codes", *map(str, given)])


def test_the_jaw_is_learned_and_the_checkpoint_is_read_as_published(data, tmp_path):
    assert train(data, tmp_path / "run", 100) == 0
    talker = read_talker(tmp_path / "run" / CHECKPOINT)
    sound, clip = read_sound(data / "clip0.wav"), read_clip(data / "clip0.npz")
    jaw = measured(act(talker.network, hear(talker.network, sound.samples), Take("", "")), talker.low, talker.high)[1]
    assert np.corrcoef(jaw, clip.codes[:, JAW])[0, 1] > 0.7
    front = {name: value for name, value in speech_weights().items() if name.startswith(FRONT)}
    assert all(torch.equal(talker.network.state_dict()[name], value) for name, value in front.items())


def test_a_run_that_was_cut_off_ends_as_if_it_had_not_been(data, tmp_path, monkeypatch, capsys):
    assert train(data, tmp_path / "whole", 40) == 0
    batch = CodesTrainer.batch

    def cut_off(self: CodesTrainer, number: int) -> CodesBatch:
        if number == 25:
            raise KeyboardInterrupt
        return batch(self, number)

    with monkeypatch.context() as patched:
        patched.setattr(CodesTrainer, "batch", cut_off)
        assert train(data, tmp_path / "parts", 40) != 0
    capsys.readouterr()
    assert train(data, tmp_path / "parts", 40) == 0
    told = [json.loads(line)["step"] for line in capsys.readouterr().out.splitlines()]
    whole, parts = (read_talker(tmp_path / name / CHECKPOINT).network.state_dict() for name in ("whole", "parts"))
    assert told == [40] and all(torch.equal(value, parts[name]) for name, value in whole.items())


def test_clips_are_read_at_the_networks_rate(data):
    clips = read_clips(data)
    assert [clip.logits is None for clip in clips] == [True, True, False]
    assert clips[0].codes.shape == (60, 56) and clips[0].windows.shape == (60, 1066)
    low, high = code_range(clips)
    assert low[JAW] == 0 and high[JAW] == pytest.approx(0.3) and (high > low).all()


def test_the_emotion_is_averaged_over_what_there_is():
    logits = torch.arange(40.0)[None, :, None].expand(1, 40, 7)
    made = averaged(logits)
    assert made.shape == (1, 40, 7) and made[0, 20, 0] == 20 and made[0, 0, 0] == 7.5


def test_bad_data_is_refused_with_a_cure(data, tmp_path, capsys):
    with pytest.raises(Refusal, match="no recordings with codes"):
        read_clips(tmp_path)
    make_clip(tmp_path, "a", 0)
    for arrays in (
        {"jaw": np.zeros(9), "fps": np.float64(30)},
        {"expression": np.zeros((9, 50)), "jaw": np.zeros(9), "fps": np.float64(0)},
        {"expression": np.zeros((9, 40)), "jaw": np.zeros(9), "fps": np.float64(30)},
        {"expression": np.zeros((9, 50)), "jaw": np.full(9, np.nan), "fps": np.float64(30)},
        {"expression": np.zeros((3, 50)), "jaw": np.zeros(3), "fps": np.float64(30)},
    ):
        write_arrays(tmp_path / "a.npz", **arrays)
        with pytest.raises(Refusal):
            read_clips(tmp_path)
    (tmp_path / "a.npz").write_bytes(b"PK")
    with pytest.raises(Refusal, match="cannot be read"):
        read_clips(tmp_path)
    assert main(["train", "speech-codes"]) == 2
    assert main(["train", "speech-codes", "--data", str(data)]) == 2
    assert "--wav2vec FOLDER" in capsys.readouterr().err
    assert main(["train", "emotion", "--wav2vec", str(data)]) == 2
