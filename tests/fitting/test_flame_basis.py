"""FLAME's landmarks against its layer, their derivatives, and codes that come back from landmarks."""

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.landmark_map import IRISES, SKIN
from backend.faces.flame_face import flame_face
from backend.faces.flame_facs import channels, expressions
from backend.fitting.basis import PUPILS
from backend.fitting.flame_basis import FlameBasis
from backend.fitting.pinhole import Pinhole
from backend.fitting.solve import solve
from tests.flame_head import flame_head, flame_head_shapes


@pytest.fixture(scope="module")
def basis() -> FlameBasis:
    return FlameBasis(flame_face(flame_head(), flame_head_shapes()))


def some_weights(basis: FlameBasis) -> np.ndarray:
    random = np.random.default_rng(4)
    weights = random.normal(0, 0.5, len(basis.names))
    weights[-9:] = [0.3, 0.05, -0.08, 0.7, 0.2, 0.3, -0.2, 0.1, 0.15]
    return weights


def test_landmarks_are_where_the_layer_puts_them(basis):
    identity = np.random.default_rng(3).normal(size=basis.modes)
    weights = some_weights(basis)
    code, rotations, lids = basis.codes(weights)
    head = basis.face.posed(identity, code, rotations, lids)
    corners = head[basis.face.landmark_vertices]
    expected = (corners * basis.face.landmark_weights[..., None]).sum(1)
    places = basis.places(identity, weights)[0]
    skin = np.setdiff1d(np.arange(478), IRISES)
    np.testing.assert_allclose(places[skin], expected[skin], atol=3e-6)
    # of each eyeball the vertex that looks furthest along its gaze is the pupil
    for eye, pupil in enumerate(PUPILS):
        ball = head[basis.face.eyeballs[eye]]
        assert np.linalg.norm(ball - places[pupil], axis=1).min() < 0.002


def test_derivatives_are_those_of_finite_differences(basis):
    identity = np.random.default_rng(3).normal(size=basis.modes)
    weights = some_weights(basis)
    _, by_identity, by_weights = basis.places(identity, weights)
    for at in (0, 50):
        step = np.eye(basis.modes)[at] * 1e-5
        expected = (basis.places(identity + step, weights)[0] - basis.places(identity - step, weights)[0]) / 2e-5
        np.testing.assert_allclose(by_identity[at], expected, atol=1e-8)
    for at in (0, 40, *range(len(basis.names) - 9, len(basis.names))):
        step = np.eye(len(basis.names))[at] * 1e-5
        expected = (basis.places(identity, weights + step)[0] - basis.places(identity, weights - step)[0]) / 2e-5
        np.testing.assert_allclose(by_weights[at], expected, atol=1e-8)


def test_an_expression_comes_back_from_its_landmarks(basis):
    wanted = np.zeros((1, 52), np.float32)
    for name, value in {"jawOpen": 0.8, "mouthSmileLeft": 0.7, "eyeBlinkRight": 0.9, "eyeLookOutLeft": 0.5}.items():
        wanted[0, ARKIT_NAMES.index(name)] = value
    code, rotations, lids = expressions(basis.face, wanted)
    gaze = [0.3, 0, 0, 0]
    weights = basis.weights(code[0], rotations[0, 2], lids[0])
    weights[-4:] = gaze
    places = basis.places(np.zeros(basis.modes), weights)[0] + [0.01, 0.02, -0.7]
    pixels = Pinhole(1200.0, (400.0, 300.0)).project(places)
    _, (view,) = solve(basis, [pixels], [(600, 800)], [1200.0])
    assert np.median(view.residuals[SKIN]) < 1.0
    code, rotations, lids = basis.codes(view.weights)
    found = dict(zip(ARKIT_NAMES, channels(basis.face, code[None], rotations[None], lids[None])[0], strict=True))
    for name, value in {"jawOpen": 0.8, "mouthSmileLeft": 0.7, "eyeBlinkRight": 0.9}.items():
        assert abs(found[name] - value) < 0.3, (name, found[name])
    assert abs(view.weights[-4] - 0.3) < 0.1
