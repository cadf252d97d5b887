"""Heads that are their own mirror image are recognised, however they are placed, and others are not."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.geometry.similarity import apply_transform
from backend.geometry.symmetry import SAME, find_mirror

RANDOM = np.random.default_rng(4)
SIDE = RANDOM.uniform([0.004, -0.1, 0.0], [0.08, 0.1, 0.1], (300, 3))
MIDDLE = RANDOM.uniform([0.0, -0.1, 0.0], [0.0, 0.1, 0.1], (20, 3))
POINTS = np.concatenate([SIDE, SIDE * [-1, 1, 1], MIDDLE])
EVERY = np.arange(len(POINTS))


@pytest.mark.parametrize("angle", [0.0, 0.5])
def test_partners_are_found_though_the_plane_is_a_little_off(angle: float):
    placed = Rotation.from_euler("YZ", [angle, -angle], degrees=True).apply(POINTS)
    placed[:, 0] += 0.001 * angle
    found = find_mirror(placed, EVERY)
    assert found is not None
    partner = dict(zip(found.own.tolist(), found.other.tolist(), strict=True))
    assert [partner[at] for at in range(300)] == list(range(300, 600))
    assert all(partner[at] == at for at in range(600, 620))
    assert np.abs(apply_transform(found.reflection, placed[found.own]) - placed[found.other]).max() < 1e-6
    assert np.linalg.det(found.reflection[:3, :3]) == pytest.approx(-1.0)


def test_a_face_that_differs_between_its_sides_has_no_mirror():
    uneven = POINTS.copy()
    uneven[:60] += RANDOM.standard_normal((60, 3)) * 10 * SAME
    assert find_mirror(uneven, EVERY) is None


def test_only_the_face_has_to_be_symmetric():
    more = np.concatenate([POINTS, RANDOM.uniform([0.1, -0.1, -0.1], [0.2, 0.1, 0.0], (100, 3))])
    found = find_mirror(more, EVERY)
    assert found is not None
    assert set(found.own.tolist()) == set(EVERY.tolist())


def test_too_few_vertices_say_nothing():
    assert find_mirror(POINTS, EVERY[:10]) is None
