"""Landmarks of heads that are known: what comes back, and whether the derivatives are those of the residuals."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.cloning.landmark_map import INNER_LIP, SKIN
from backend.fitting.basis import PUPILS, LandmarkBasis, open_head_basis
from backend.fitting.pinhole import Pinhole
from backend.fitting.solve import Problem, View, no_guess, solve, start

SIZE = (600, 800)


@pytest.fixture(scope="module")
def basis() -> LandmarkBasis:
    return open_head_basis()


def seen(basis: LandmarkBasis, identity: np.ndarray, weights: np.ndarray, view: View) -> np.ndarray:
    """(478, 2) pixels of the landmarks of a head, written down without the solver's own projection."""
    places = basis.mean + np.tensordot(identity, basis.identity, 1) + np.tensordot(weights, basis.expression, 1)
    for eye, pupil in enumerate(PUPILS):
        yaw, pitch = weights @ basis.turns[:, eye]
        places[pupil] += Rotation.from_euler("YX", [yaw, pitch]).apply([0, 0, basis.radii[eye]])
    x, y, z = (places @ view.rotation.T + view.translation).T
    return np.stack(
        [view.camera.centre[0] - view.camera.focal * x / z, view.camera.centre[1] + view.camera.focal * y / z], 1
    )


def photographed(basis, yaw, pitch, distance=0.8, focal=1000.0):
    rotation = Rotation.from_euler("YX", [yaw, pitch], degrees=True).as_matrix()
    camera = Pinhole(focal, (SIZE[1] / 2, SIZE[0] / 2))
    return View(np.zeros(len(basis.names)), rotation, np.array([0.02, -0.03, -distance]), camera, np.full(478, np.nan))


def test_the_pose_of_the_mean_head_is_found_in_closed_form(basis):
    view = photographed(basis, 30, -10)
    landmarks = seen(basis, np.zeros(100), view.weights, view)
    found = start(basis, landmarks, SIZE, 1000.0)
    np.testing.assert_allclose(found.rotation, view.rotation, atol=1e-4)
    np.testing.assert_allclose(found.translation, view.translation, atol=1e-4)


def test_derivatives_are_those_of_finite_differences(basis):
    random = np.random.default_rng(0)
    views = [photographed(basis, 20, 5), photographed(basis, -15, 0)]
    landmarks = [seen(basis, np.zeros(100), view.weights, view) for view in views]
    landmarks[1][40:60] = np.nan
    spreads = [np.where(np.isfinite(points).all(1), 5.0, np.inf) for points in landmarks]
    problem = Problem(basis, landmarks, spreads, views, [None, None], no_guess(basis, 2))
    own = [
        part
        for view in views
        for part in (random.uniform(0, 1, len(basis.names)), random.normal(0, 0.3, 3), view.translation, [0.1])
    ]
    point = np.concatenate([random.normal(size=100), *own])
    _, slopes = problem.residuals(point)
    for unknown in (0, 57, 99, *range(100, len(point), 4), *range(len(point) - 7, len(point))):
        step = np.zeros_like(point)
        step[unknown] = 1e-6
        expected = (problem.residuals(point + step)[0] - problem.residuals(point - step)[0]) / 2e-6
        np.testing.assert_allclose(slopes[:, unknown], expected, atol=1e-5 * max(1, np.abs(expected).max()))


def test_expressions_pose_and_gaze_come_back(basis):
    view = photographed(basis, 15, 5)
    weights = np.zeros(len(basis.names))
    for name, value in {"jawOpen": 0.7, "eyeBlink_L": 0.9, "mouthSmile_R": 0.6, "eyeLookOut_R": 0.5}.items():
        weights[basis.names.index(name)] = value
    identity = np.random.default_rng(2).normal(0, 0.7, 100)
    landmarks = seen(basis, identity, weights, view)
    _, (found,) = solve(basis, [landmarks], [SIZE], [1000.0])
    between = np.linalg.norm(landmarks[33] - landmarks[263])
    assert np.median(found.residuals[SKIN]) < 0.003 * between
    assert found.residuals[list(PUPILS)].max() < 0.005 * between
    for name in ("jawOpen", "eyeBlink_L", "mouthSmile_R", "eyeLookOut_R"):
        number = basis.names.index(name)
        assert abs(found.weights[number] - weights[number]) < 0.3
    assert Rotation.from_matrix(found.rotation @ view.rotation.T).magnitude() < np.radians(3)
    assert found.camera.focal == pytest.approx(1000, rel=1e-5)


def test_pictures_of_one_person_share_an_identity_that_is_nearer_than_that_of_one(basis):
    views = [photographed(basis, yaw, 0) for yaw in (-35, 0, 35)]
    errors = []
    for seed in (5, 6, 7):
        random = np.random.default_rng(seed)
        truth = random.normal(size=100)
        landmarks = [seen(basis, truth, view.weights, view) + random.normal(0, 1, (478, 2)) for view in views]
        alone, _ = solve(basis, landmarks[1:2], [SIZE], [1000.0])
        together, found = solve(basis, landmarks, [SIZE] * 3, [1000.0] * 3)
        assert len(found) == 3
        off = np.tensordot(np.stack([together, alone, 0 * truth]) - truth, basis.identity[:, SKIN], 1)
        errors.append(np.linalg.norm(off, axis=2).mean(1))
    shared, single, mean_face = np.mean(errors, axis=0)
    assert shared < 0.95 * single
    assert single < 0.8 * mean_face


def test_landmarks_that_stray_do_not_pull_the_head(basis):
    view = photographed(basis, 0, 0)
    landmarks = seen(basis, np.zeros(100), view.weights, view)
    moved = landmarks.copy()
    moved[SKIN[:40]] += 80
    _, (found,) = solve(basis, [moved], [SIZE], [1000.0])
    rest = np.setdiff1d(SKIN, SKIN[:40])
    assert np.median(np.linalg.norm(found.residuals[rest, None], axis=1)) < 4


def test_lips_that_touch_are_told_apart(basis):
    """At rest the nearest surface to an upper lip's landmark is the lower lip's."""
    jaw = basis.expression[basis.names.index("jawOpen"), :, 1]
    assert jaw[list(INNER_LIP[2:9])].min() > -0.01 and jaw[list(INNER_LIP[12:19])].max() < -0.02
