"""FLAME's expressions to channels and back, on a model whose components are mixtures of known channels."""

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.faces.flame_face import EYES, JAW, FlameFace, flame_face
from backend.faces.flame_facs import channels, expressions
from tests.flame_head import flame_head, flame_head_shapes


@pytest.fixture(scope="module")
def face() -> FlameFace:
    return flame_face(flame_head(), flame_head_shapes())


def frames(**curves: np.ndarray) -> np.ndarray:
    count = len(next(iter(curves.values())))
    weights = np.zeros((count, 52), np.float32)
    for name, curve in curves.items():
        weights[:, ARKIT_NAMES.index(name)] = curve
    return weights


def test_channels_go_to_codes_and_come_back(face):
    ramp = np.array([0, 0.3, 0.7, 1.0])
    names = ("mouthSmileLeft", "browInnerUp", "jawOpen", "eyeBlinkRight", "eyeLookOutLeft", "mouthPucker", "jawLeft")
    for name in names:
        weights = frames(**{name: ramp})
        expression, rotations, eyelids = expressions(face, weights)
        back = channels(face, expression, rotations, eyelids)
        at = ARKIT_NAMES.index(name)
        np.testing.assert_allclose(back[:, at], ramp, atol=0.08)
        assert np.delete(back, at, 1).max() < 0.12


def test_the_mesh_of_the_codes_is_that_of_the_channels(face):
    weights = frames(mouthSmileLeft=np.array([0.8]), mouthSmileRight=np.array([0.8]), browDownLeft=np.array([1.0]))
    expression, rotations, eyelids = expressions(face, weights)
    made = face.posed(np.zeros(0), expression[0], rotations[0], eyelids[0]) - face.model.vertices
    shapes = {name: face.shapes[at] for at, name in enumerate(flame_head_shapes().names)}
    wanted = 0.8 * (shapes["mouthSmile_L"] + shapes["mouthSmile_R"]) + shapes["browDown_L"]
    off = np.linalg.norm(made - wanted, axis=1)[face.region]
    assert off.mean() < 0.05 * np.linalg.norm(wanted, axis=1)[face.region].mean()
    assert off.max() < 0.0015


def test_jaw_eyelids_and_gaze_are_carried_over_directly(face):
    rotations = np.zeros((2, 5, 3), np.float32)
    rotations[1, JAW, 0] = face.wide / 2
    rotations[1, EYES[0]] = [0, np.radians(17.5), 0]
    rotations[1, EYES[1]] = [np.radians(15), 0, 0]
    found = channels(face, np.zeros((2, 100)), rotations, np.array([[0, 0], [0.25, 1]]))
    told = dict(zip(ARKIT_NAMES, found[1], strict=True))
    expected = {
        "jawOpen": 0.5,
        "eyeLookOutLeft": 0.5,
        "eyeLookDownRight": 0.5,
        "eyeBlinkLeft": 0.25,
        "eyeBlinkRight": 1,
    }
    assert {name: round(float(value), 3) for name, value in told.items() if value > 1e-3} == expected
    assert found[0].max() == 0
    assert 0.1 < face.wide < 0.6


def test_noise_goes_and_a_closure_of_two_frames_stays(face):
    count = 60
    curve = np.zeros(count)
    curve[30:32] = 1.0
    expression, rotations, _ = expressions(face, frames(mouthPucker=curve, mouthSmileLeft=np.full(count, 0.5)))
    noisy = expression + np.random.default_rng(1).normal(0, 0.1, expression.shape)
    smooth = channels(face, noisy, rotations)
    quiet = np.r_[2:28]
    alone = np.concatenate([channels(face, noisy[t : t + 1], rotations[t : t + 1]) for t in quiet])
    smile, pucker = (ARKIT_NAMES.index(name) for name in ("mouthSmileLeft", "mouthPucker"))
    assert np.diff(smooth[quiet, smile]).std() < 0.6 * np.diff(alone[:, smile]).std()
    assert smooth[30:32, pucker].min() > 0.85
    assert smooth[[28, 33], pucker].max() < 0.15


def test_weights_stay_within_their_range_whatever_the_codes(face):
    wild = 5 * np.random.default_rng(2).normal(size=(3, 100))
    found = channels(face, wild, np.zeros((3, 5, 3)))
    assert found.min() >= 0 and found.max() <= 1
