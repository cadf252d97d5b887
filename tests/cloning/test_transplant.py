"""Shapes looked up on the canonical head."""

import numpy as np
import pytest
import trimesh

from backend.channels import ICT_NAMES
from backend.cloning.model import cloning_network
from backend.cloning.transplant import FAR, CanonicalShapes, canonical_shapes, look_up

MESH = trimesh.creation.icosphere(subdivisions=4, radius=0.1)
POINTS, NORMALS = np.asarray(MESH.vertices), np.asarray(MESH.vertex_normals)
SOURCE = CanonicalShapes(POINTS, NORMALS, POINTS[None] * 0.1, np.ones(len(POINTS)))


def test_a_smooth_field_is_read_off_between_the_points():
    middles = POINTS[np.asarray(MESH.faces)].mean(1)
    shapes, face = look_up(SOURCE, middles, middles / 0.1)
    assert np.abs(shapes[0] - 0.1 * middles).max() < 3e-4
    assert np.abs(face - 1.0).max() < 1e-5


def test_what_faces_the_other_way_gives_nothing_where_something_faces_the_same_way():
    lips = CanonicalShapes(
        np.concatenate([POINTS, POINTS * 0.99]),
        np.concatenate([NORMALS, -NORMALS]),
        np.repeat([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], len(POINTS), axis=0)[None],
        np.ones(2 * len(POINTS)),
    )
    shapes, _ = look_up(lips, POINTS[::7], NORMALS[::7])
    assert np.allclose(shapes[0], [1.0, 0.0, 0.0], atol=1e-5)


def test_where_nothing_faces_the_same_way_no_patch_stays_behind():
    shapes, face = look_up(SOURCE, POINTS[::7], -NORMALS[::7])
    assert np.abs(shapes[0] - 0.1 * POINTS[::7]).max() < 1e-3
    assert np.abs(face - 1.0).max() < 1e-5


def test_far_from_the_head_nothing_moves():
    shapes, _ = look_up(SOURCE, POINTS * (1 + 1.05 * FAR / 0.1), NORMALS)
    assert not shapes.any()


def test_the_canonical_heads_own_shapes_are_those_of_a_face():
    head = canonical_shapes(cloning_network())
    jaw = np.linalg.norm(head.shapes[ICT_NAMES.index("jawOpen")], axis=1)
    beyond = head.face == 0
    assert head.shapes.shape == (53, len(head.points), 3)
    assert beyond.mean() > 0.1
    assert np.abs(head.shapes[:, beyond]).max() == 0.0
    assert jaw.max() == pytest.approx(0.04, abs=0.012)
