"""The Performance and its exact file format."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.channels import ARKIT_NAMES, FACE_NAMES, ICT_NAMES
from backend.errors import Refusal
from backend.performance import Performance, performance, read_npz, write_npz


def random_motion(frames: int = 40, names: tuple[str, ...] = ICT_NAMES) -> Performance:
    rng = np.random.default_rng(7)
    return performance(
        names,
        rng.random((frames, len(names))),
        59.94,
        head=rng.normal(0, 0.1, (frames, 6)),
        gaze=rng.normal(0, 0.2, (frames, 4)),
        torsion=rng.normal(0, 0.05, (frames, 2)),
        confidence=rng.random(frames),
        source="a test, äöü",
    )


def test_npz_round_trip_is_exact(tmp_path: Path) -> None:
    motion = random_motion()
    write_npz(tmp_path / "motion.npz", motion)
    back = read_npz(tmp_path / "motion.npz")
    for field in fields(Performance):
        before, after = getattr(motion, field.name), getattr(back, field.name)
        if isinstance(before, np.ndarray):
            assert before.dtype == after.dtype == np.float32
            assert np.array_equal(before, after)
        else:
            assert before == after


def test_an_npz_with_names_weights_and_rate_alone_is_enough(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", names=np.array(["jawOpen"]), weights=np.ones((3, 1)), fps=24)
    motion = read_npz(tmp_path / "m.npz")
    assert motion.fps == 24 and motion.head.shape == (3, 6) and motion.confidence.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"weights": np.zeros((3, 2))}, "bad-performance"),
        ({"weights": np.zeros((0, 1))}, "bad-performance"),
        ({"weights": np.full((3, 1), np.nan)}, "not-finite"),
        ({"weights": np.full((3, 1), 1e300)}, "not-finite"),
        ({"weights": np.array([["a"], ["b"], ["c"]])}, "bad-performance"),
        ({"fps": 0}, "bad-rate"),
        ({"fps": np.nan}, "bad-rate"),
        ({"fps": np.array([1.0, 2.0])}, "bad-performance"),
        ({"names": np.array(["smileyness"])}, "bad-channels"),
        ({"names": np.array([3])}, "bad-performance"),
        ({"head": np.zeros((2, 6))}, "bad-performance"),
        ({"gaze": np.zeros((3, 2))}, "bad-performance"),
        ({"weights": None}, "bad-performance"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, change: dict, code: str) -> None:
    content = {"names": np.array(["jawOpen"]), "weights": np.ones((3, 1)), "fps": 30.0, **change}
    np.savez(tmp_path / "m.npz", **{name: value for name, value in content.items() if value is not None})
    with pytest.raises(Refusal) as refusal:
        read_npz(tmp_path / "m.npz")
    assert refusal.value.code == code


def test_other_files_and_pickles_are_refused(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04 broken", b"hello" * 100):
        (tmp_path / "x.npz").write_bytes(content)
        with pytest.raises(Refusal):
            read_npz(tmp_path / "x.npz")
    np.savez(tmp_path / "p.npz", names=np.array(["jawOpen"]), weights=np.array([[{}]], dtype=object), fps=30)
    with pytest.raises(Refusal):
        read_npz(tmp_path / "p.npz")
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(Refusal):
        read_npz(tmp_path / "array.npy")
    with pytest.raises(Refusal):
        read_npz(tmp_path / "absent.npz")


def test_an_array_that_does_not_unpack_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    write_npz(path, performance(("jawOpen",), np.random.default_rng(0).random((500, 1)).astype(np.float32), 60.0))
    content = bytearray(path.read_bytes())
    at = content.index(b"weights.npy")
    content[at + 40 : at + 140] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(Refusal) as caught:
        read_npz(path)
    assert caught.value.code == "bad-performance"


def test_resampling_a_ramp_stays_a_ramp() -> None:
    ramp = np.linspace(0, 1, 61, dtype=np.float32)[:, None]
    motion = performance(("jawOpen",), ramp, 60, confidence=ramp[:, 0])
    half = motion.resample(30)
    assert half.fps == 30 and half.duration == pytest.approx(motion.duration, abs=1 / 30)
    assert np.allclose(half.weights[:, 0], np.arange(len(half.weights)) / 30, atol=1e-6)
    assert np.allclose(half.confidence, half.weights[:, 0])
    up = motion.resample(240)
    assert np.allclose(up.weights[:241, 0], np.arange(241) / 240, atol=1e-6)
    with pytest.raises(Refusal):
        motion.resample(0)


def test_resampling_turns_the_head_the_short_way_through_half_a_turn() -> None:
    angle = np.radians(np.linspace(150, 210, 31))
    vectors = Rotation.from_rotvec(np.outer(angle, [0, 1, 0])).as_rotvec()
    head = np.concatenate([vectors, np.zeros((31, 3))], axis=1)
    motion = performance(("jawOpen",), np.zeros((31, 1)), 30, head=head).resample(120)
    turned = Rotation.from_rotvec(motion.head[:121, :3]).as_matrix()[:, 0, 0]
    assert np.allclose(turned, np.cos(np.radians(150 + np.arange(121) / 2)), atol=1e-5)


def test_names_change_with_the_vocabulary() -> None:
    arkit = random_motion(names=ARKIT_NAMES)
    assert np.array_equal(arkit.named(FACE_NAMES).named(ARKIT_NAMES).weights, arkit.weights)
