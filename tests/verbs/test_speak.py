"""The verb speak, from files to files; the timing is given by a TextGrid."""

from pathlib import Path

import numpy as np
import pytest

from backend.__main__ import main
from backend.channels import ARKIT_NAMES
from backend.performance import read_npz
from backend.speech.sound import RATE
from backend.speech.textgrid import write_textgrid
from tests.synthetic_voice import said, voice, write_wav


@pytest.fixture
def files(tmp_path: Path) -> Path:
    timing = said()
    write_wav(tmp_path / "a.wav", voice(timing).samples)
    write_textgrid(tmp_path / "a.TextGrid", timing)
    return tmp_path


def speak(folder: Path, *more: str, out: str = "p.npz") -> int:
    given = ["--audio", folder / "a.wav", "--textgrid", folder / "a.TextGrid", "--out", folder / out]
    return main(["speak", *map(str, given), *more])


def test_the_same_voice_is_the_same_bytes(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--emotion", "happy=0.6", "--style", "jaw=1.2,lips=1")
    assert speak(files, *more, "--csv", str(files / "p.csv")) == 0
    assert "timed by the TextGrid" in capsys.readouterr().out
    assert speak(files, *more, "--csv", str(files / "q.csv"), out="q.npz") == 0
    assert (files / "p.npz").read_bytes() == (files / "q.npz").read_bytes()
    assert (files / "p.csv").read_bytes() == (files / "q.csv").read_bytes()
    motion = read_npz(files / "p.npz")
    assert motion.duration == pytest.approx(said().duration, abs=0.05)
    assert motion.named(ARKIT_NAMES).weights[:, ARKIT_NAMES.index("jawOpen")].max() > 0.2


def test_changes_of_the_textgrid_survive_a_second_run(files: Path) -> None:
    changed = (files / "a.TextGrid").read_bytes()
    assert speak(files) == 0
    assert (files / "a.TextGrid").read_bytes() == changed


def test_silence_is_a_performance_too(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.zeros(RATE, np.float32))
    assert main(["speak", "--audio", str(tmp_path / "a.wav"), "--out", str(tmp_path / "p.npz")]) == 0
    weights = read_npz(tmp_path / "p.npz").named(ARKIT_NAMES).weights
    assert np.delete(weights, [at for at, name in enumerate(ARKIT_NAMES) if "Blink" in name], 1).max() <= 0.02


@pytest.mark.parametrize(
    "more",
    [("--emotion", "bored=1"), ("--emotion", "missing.csv"), ("--style", "jaw=9"), ("--style", "nose=1"),
     ("--layers", "blinks=many"), ("--tables", "missing.json"), ("--audio", "missing.wav")],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_nothing_is_written(files: Path, more: tuple[str, str], capsys) -> None:
    assert speak(files, *more) == 2
    assert not (files / "p.npz").exists() and "Traceback" not in capsys.readouterr().err
