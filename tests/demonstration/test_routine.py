from pathlib import Path

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.performance import read_npz
from demonstration import routine


def test_every_shape_is_shown_at_full_strength_and_named_then():
    weights = routine.weights()
    assert weights.shape == (routine.frames(), 52)
    assert weights.min() == 0
    assert weights.max() <= 1
    opening = weights[: routine.acting_start()]
    for number, name in enumerate(ARKIT_NAMES):
        peak = int(opening[:, number].argmax()) if name != "jawOpen" else number * routine.STAGGER + routine.PULSE // 2
        assert opening[peak, number] > 0.97
        assert routine.shown(peak) == name


def test_the_acting_moves_both_sides_alike_and_ends_at_rest():
    acting = routine.weights()[routine.acting_start() :]
    assert acting.max() > 0.9
    assert not acting[-1].any()
    left, right = (acting[:, ARKIT_NAMES.index(f"mouthSmile{side}")] for side in ("Left", "Right"))
    assert np.array_equal(left, right)
    assert left.max() > 0.8
    assert routine.shown(routine.frames() - 1) == ""


def test_no_frame_jumps():
    assert np.abs(np.diff(routine.weights(), axis=0)).max() < 0.35


def test_the_file_is_a_performance(tmp_path: Path):
    routine.write(tmp_path / "routine.npz")
    motion = read_npz(tmp_path / "routine.npz")
    assert motion.names == tuple(ARKIT_NAMES)
    assert np.array_equal(motion.weights, routine.weights())
    assert motion.fps == routine.FPS
