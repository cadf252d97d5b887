"""Capture files of every kind."""

from pathlib import Path

import numpy as np
import pytest

from backend.capture import read_performance
from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.live_link import write_live_link
from backend.performance import performance, write_npz

BEFORE = ",".join(["0.1"] * 10)


def test_the_suffix_tells_the_reader(tmp_path: Path) -> None:
    motion = performance(ARKIT_NAMES, np.random.default_rng(0).random((30, 52)), 30.0)
    write_npz(tmp_path / "a.npz", motion)
    write_live_link(tmp_path / "a.CSV", motion)
    for name in ("a.npz", "a.CSV"):
        assert np.array_equal(read_performance(tmp_path / name).weights, motion.weights)
    for name, code in (("none.csv", "missing-file"), ("a.doc", "unknown-format"), ("none", "unknown-format")):
        with pytest.raises(Refusal) as refusal:
            read_performance(tmp_path / name)
        assert refusal.value.code == code
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(Refusal):
        read_performance(tmp_path / "folder.csv")


def test_a_face_cap_text(tmp_path: Path) -> None:
    path = tmp_path / "take.txt"
    frames = [f"k,{time},{BEFORE},{time / 1000},0.25,0.5" for time in (0, 40, 80, 160, 200)]
    path.write_text("\n".join(["info,1", "bs,jawOpen,browDown_L,unknown", *frames]), encoding="utf-8")
    motion = read_performance(path)
    assert motion.names == ("jawOpen", "browDownLeft") or motion.names == ("browDownLeft", "jawOpen")
    assert motion.fps == pytest.approx(25)
    jaw = motion.weights[:, motion.names.index("jawOpen")]
    assert (
        np.allclose(jaw, np.arange(6) * 0.04) and (motion.weights[:, 1 - motion.names.index("jawOpen")] == 0.25).all()
    )
    assert motion.confidence.tolist() == [1, 1, 1, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no-frames"),
        ("bs,jawOpen\n", "no-frames"),
        ("bs,price\nk,0,1,2\n", "no-frames"),
        (f"bs,jawOpen\nk,0,{BEFORE},x\n", "bad-capture"),
        (f"bs,jawOpen\nk,noon,{BEFORE},1\n", "bad-capture"),
        (f"bs,jawOpen\nk,0,{BEFORE},nan\n", "not-finite"),
    ],
)
def test_a_broken_face_cap_text_is_refused(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "take.txt").write_text(text, encoding="utf-8")
    with pytest.raises(Refusal) as refusal:
        read_performance(tmp_path / "take.txt")
    assert refusal.value.code == code
