"""Eyeballs are spheres, or discs painted into a hollow as drawn characters have them."""

import numpy as np
import pytest

from backend.cloning.eyeballs import find_eye
from backend.cloning.pieces import Piece
from backend.cloning.reference import canonical_eyes, references


def piece(points: np.ndarray, first: int) -> Piece:
    low, high = points.min(0), points.max(0)
    return Piece(np.arange(first, first + len(points)), points, low, high - low, 0.5 * (low + high), "")


def disc(middle: np.ndarray, width: float, height: float, bend: float) -> np.ndarray:
    """An upright ellipse of points; bend: curvature in 1/m, positive where its middle stands out."""
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = np.stack([0.5 * width * np.cos(angle), 0.5 * height * np.sin(angle)], axis=1)
    flat = np.concatenate([share * ring for share in (1.0, 0.7, 0.4)])
    return middle + np.column_stack([flat, -0.5 * bend * (flat**2).sum(1)])


@pytest.fixture
def pupil_place() -> np.ndarray:
    center, radius = canonical_eyes()["eye_left"]
    return center + radius * references()["eye_left"].outward


def test_an_eye_painted_into_a_hollow_slides_along_it(pupil_place):
    iris = piece(disc(pupil_place, 0.03, 0.04, bend=-40.0), 0)
    highlight = piece(disc(pupil_place + np.array([-0.008, 0.01, 0.004]), 0.006, 0.006, bend=0.0), 48)
    lash = piece(disc(pupil_place + np.array([0, 0.024, 0.006]), 0.045, 0.008, bend=0.0), 96)
    eye, shells = find_eye([iris, highlight, lash], "eye_left", 1.0)
    assert eye is not None
    assert eye.bowl is not None
    assert np.linalg.norm(eye.bowl - pupil_place - [0, 0, 0.025]) < 0.004
    assert eye.radius == pytest.approx(0.02, rel=0.01)
    assert sorted(np.concatenate(shells)) == list(range(96))


def test_a_flat_painted_eye_turns_about_a_point_behind_it(pupil_place):
    eye, shells = find_eye([piece(disc(pupil_place, 0.03, 0.03, bend=0.0), 0)], "eye_left", 1.0)
    assert eye is not None
    assert eye.bowl is None
    outward = references()["eye_left"].outward
    assert np.linalg.norm(eye.center + eye.radius * outward - pupil_place) < 1e-9
    assert len(shells) == 1


def test_a_ball_is_a_ball(pupil_place):
    center, radius = canonical_eyes()["eye_left"]
    random = np.random.default_rng(3)
    ray = random.standard_normal((200, 3))
    ball = piece(center + 1.2 * radius * ray / np.linalg.norm(ray, axis=1, keepdims=True), 0)
    eye, _ = find_eye([ball], "eye_left", 1.0)
    assert eye is not None
    assert eye.bowl is None
    assert eye.residual < 1e-6
    assert eye.radius == pytest.approx(1.2 * radius)
    assert np.linalg.norm(eye.center - center) < 1e-6
