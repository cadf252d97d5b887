"""Spreading is exact at the handles, zero beyond its reach, smooth and without overshoot."""

import numpy as np
import pytest

from backend.geometry.spread import spread, surface_distance


def test_exact_at_handles_and_zero_beyond(grid):
    vertices, triangles = grid(21, 21)
    handles = np.array([220, 221, 219])
    field = spread(vertices, triangles, handles, np.tile([0.0, 0.0, 1.0], (3, 1)), 6.0)
    assert np.allclose(field[handles, 2], 1.0)
    distance = surface_distance(vertices, triangles, handles, 100.0)
    assert not field[distance > 6.0].any()
    assert field[:, 2].min() > -0.03 and field[:, 2].max() <= 1.0 + 1e-9
    near = field[(distance > 0) & (distance < 1.01), 2]
    assert near.min() > 0.6
    assert not field[:, :2].any()


def test_what_is_held_stays(grid):
    vertices, triangles = grid(11, 11)
    free = vertices[:, 0] <= 5
    field = spread(vertices, triangles, np.array([60]), np.ones((1, 3)), 5.0, free)
    assert not field[~free].any() and field[59].min() > 0.3


def test_repeated_handles_share(grid):
    vertices, triangles = grid(5, 5)
    field = spread(vertices, triangles, np.array([12, 12]), np.array([[1.0, 0, 0], [3.0, 0, 0]]), 2.0)
    assert field[12, 0] == pytest.approx(2.0)


def test_no_handles_no_field(grid):
    vertices, triangles = grid(4, 4)
    assert not spread(vertices, triangles, np.zeros(0, int), np.zeros((0, 3)), 2.0).any()


def test_surface_distance_follows_the_surface(grid):
    vertices, triangles = grid(3, 30)
    bent = vertices.copy()
    bent[:, 0] = 15 - np.abs(vertices[:, 0] - 15)
    distance = surface_distance(bent, triangles, np.array([0]), 100.0)
    assert distance[29] == pytest.approx(29.0)
    assert np.isinf(surface_distance(bent, triangles, np.array([0]), 5.0)[29])
