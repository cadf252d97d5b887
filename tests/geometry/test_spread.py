"""Spreading is exact at the handles, zero beyond its reach, smooth and without overshoot."""

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

from backend.geometry.edges import quartered
from backend.geometry.spread import spread
from backend.geometry.surface_distance import discs, edge_graph, surface_distance, surroundings


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


def test_a_coarse_mesh_carries_as_far_as_a_fine_one(grid):
    vertices, triangles = grid(13, 13)
    ends, finer = quartered(triangles, len(vertices))
    fine = np.concatenate([vertices, vertices[ends].mean(1)])
    fields = []
    for points, faces in ((vertices, triangles), (fine, finer)):
        row = np.flatnonzero(np.abs(points[:, 1] - 6.0) < 1e-9)
        fields.append(spread(points, faces, row, np.tile([0.0, 0.0, 1.0], (len(row), 1)), 3.0)[: len(vertices), 2])
    assert np.abs(fields[0] - fields[1]).max() < 0.01


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


def test_discs_are_those_of_a_search_over_the_whole_mesh(sphere):
    vertices, triangles = sphere(20, 24)
    centres = np.array([0, 30, 250, 481])
    whole = dijkstra(edge_graph(vertices, triangles), indices=centres, limit=0.4)
    for (near, distance), centre, expected in zip(
        discs(vertices, triangles, centres, 0.4), centres, whole, strict=True
    ):
        ring = np.unique(triangles[(triangles == centre).any(1)])
        assert np.array_equal(near, np.union1d(np.flatnonzero(np.isfinite(expected)), ring))
        assert np.array_equal(distance, expected[near])
    tight = list(discs(vertices, triangles, centres, 1e-6))
    assert [np.isfinite(distance).sum() for _, distance in tight] == [1, 1, 1, 1]
    assert [len(near) for near, _ in tight] == [25, 7, 7, 25]


def test_what_lies_far_away_costs_nothing(grid):
    """The work on a small place is that of a small mesh."""
    vertices, triangles = grid(60, 60)
    small = surroundings(vertices, triangles, np.array([0, 62]), 3.5)
    assert small.vertices.tolist() == [x + 60 * y for y in range(5) for x in range(6)]
    assert np.array_equal(np.unique(small.triangles), np.arange(30))
    near = surface_distance(vertices, triangles, np.array([0, 62]), 3.5)
    assert (
        np.isfinite(near).sum()
        == (dijkstra(edge_graph(vertices, triangles), indices=[0, 62], min_only=True) <= 3.5).sum()
    )
