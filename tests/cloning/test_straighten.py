"""The plane of symmetry is found from a crooked start."""

import numpy as np
import pytest

from backend.cloning.straighten import straighten
from backend.geometry.similarity import apply_transform
from backend.imaging.camera import view_rotation


@pytest.fixture
def surface() -> tuple[np.ndarray, np.ndarray]:
    """Points and normals of a lumpy symmetric relief of the size of a face in the canonical frame."""
    half = np.random.default_rng(0).uniform([0, -0.1], [0.09, 0.1], (1500, 2))
    both = np.concatenate([half, half * [-1, 1]])

    def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        eyes = np.exp(-((np.abs(x) - 0.03) ** 2 + (y - 0.03) ** 2) / 2e-4)
        return 0.1 - 3 * x**2 - 2 * y**2 - 0.01 * eyes + 0.02 * np.exp(-(x**2 + (y + 0.02) ** 2) / 3e-4)

    (x, y), step = both.T, 1e-6
    slopes = [
        (height(x - step, y) - height(x + step, y)) / (2 * step),
        (height(x, y - step) - height(x, y + step)) / (2 * step),
    ]
    return np.stack([x, y, height(x, y)], 1), np.stack([*slopes, np.ones_like(x)], 1)


@pytest.mark.parametrize("angles", [(12, 0, 0), (0, 0, -15), (-8, 0, 10)])
def test_yaw_roll_and_a_sideways_shift_are_undone(surface, angles):
    start = np.eye(4)
    start[:3, :3] = view_rotation(*angles)
    start[0, 3] = 0.01
    fixed = straighten(*surface, start)
    plane = fixed[0, :3]  # the mesh's direction that became canonical x
    assert np.degrees(np.arccos(min(abs(plane[0]), 1.0))) < 0.7
    assert abs(apply_transform(fixed, np.array([0, 0, 0.08]))[0]) < 0.001
    assert np.degrees(np.arccos(start[0, 0])) > 5


def test_what_is_straight_stays_and_pitch_is_not_touched(surface):
    assert straighten(*surface, np.eye(4)) == pytest.approx(np.eye(4), abs=1e-3)
    pitched = np.eye(4)
    pitched[:3, :3] = view_rotation(0, 20)
    assert straighten(*surface, pitched) == pytest.approx(pitched, abs=2e-3)


def test_nothing_near_or_nothing_alike_leaves_the_start(surface):
    away = np.eye(4)
    away[0, 3] = 5
    assert (straighten(*surface, away) == away).all()
