import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.cloning.gaze import eye_rotations, look_codes, look_sizes


@pytest.fixture(scope="module")
def ball() -> np.ndarray:
    directions = np.random.default_rng(0).standard_normal((80, 3))
    return 0.012 * directions / np.linalg.norm(directions, axis=1, keepdims=True) + (0.03, 0.03, 0.08)


def test_yaw_pitch_and_roll_about_the_balls_centre(ball):
    center = np.array((0.03, 0.03, 0.08))
    angles = np.radians([(0, 0, 0), (25, 0, 0), (0, -20, 0), (10, 15, 5)])
    turns = Rotation.from_euler("YXZ", angles).as_matrix()
    found = eye_rotations(ball, (ball - center) @ turns.swapaxes(1, 2) + center)
    assert found is not None
    np.testing.assert_allclose(found, angles, atol=1e-6)


def test_what_is_no_ball_or_does_not_turn_is_no_eye(ball):
    assert eye_rotations(ball[:5], ball[None, :5]) is None
    assert eye_rotations(ball * (1, 1, 0), (ball * (1, 1, 0))[None]) is None
    moved = ball + np.array((0.01, 0, 0))
    assert eye_rotations(ball, moved[None]) is None


def test_sides_have_their_own_in_and_out():
    names = ("eyeLookOutLeft", "eyeLookInLeft", "eyeLookOutRight", "eyeLookInRight", "eyeLookUpLeft", "jawOpen")
    full = dict.fromkeys(names[:5], 0.5)
    turns = np.array([(0.25, 0, 0), (-0.25, -0.5, 0), (0.9, 0, 0)])
    left, right = (look_codes(names, side, turns, full) for side in "LR")
    assert {name: codes.tolist() for name, codes in left.items()} == {
        "eyeLookOutLeft": [0.5, 0, 1],
        "eyeLookInLeft": [0, 0.5, 0],
        "eyeLookUpLeft": [0, 1, 0],
    }
    assert {name: codes.tolist() for name, codes in right.items()} == {
        "eyeLookOutRight": [0, 0.5, 0],
        "eyeLookInRight": [0.5, 0, 1],
    }


def test_only_looks_that_turn_the_ball_have_a_size():
    sizes = look_sizes(
        ("eyeLookUp_L", "eyeLookDown_L", "jawOpen"), np.array([(0, -0.4, 0), (0, 0.001, 0), (0.3, 0, 0)])
    )
    assert sizes == {"eyeLookUp_L": pytest.approx(0.4)}
