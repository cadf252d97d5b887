"""What is redrawn is turned and not torn, and what is held stays."""

import numpy as np
from scipy.spatial.transform import Rotation

from backend.geometry.operators import turned_over
from backend.geometry.rigid import redrawn


def test_a_turned_border_turns_what_is_inside(sphere):
    vertices, triangles = sphere(12, 16)
    turn = Rotation.from_rotvec([0.3, -0.2, 0.5]).as_matrix()
    deltas = vertices @ turn.T - vertices
    free = vertices[:, 2] > 0.3 * vertices[:, 2].max()
    rough = deltas + free[:, None] * np.random.default_rng(0).normal(0, 0.05, deltas.shape)
    found = redrawn(vertices, triangles, rough, free)
    assert np.array_equal(found[~free], rough[~free])
    off = np.abs(found - deltas).max()
    assert off < 0.1 * np.abs(rough - deltas).max()


def test_folds_are_drawn_out(grid):
    vertices, triangles = grid(9, 9)
    deltas = np.zeros_like(vertices)
    deltas[40] = [2.6, 0.0, 0.0]
    assert turned_over(vertices, triangles, deltas).any()
    free = np.arange(len(vertices)) == 40
    found = redrawn(vertices, triangles, deltas, free)
    assert not turned_over(vertices, triangles, found).any()
    assert np.abs(found).max() < 0.05
