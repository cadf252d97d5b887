"""Exposure against what is known of a ball and of a bowl, however they are turned."""

import numpy as np
import trimesh
from scipy.spatial.transform import Rotation

from backend.geometry.exposure import exposure, principal_axes


def _bowl() -> tuple[np.ndarray, np.ndarray]:
    """A tube of radius one and depth four, closed at the bottom: vertices and triangles."""
    mesh = trimesh.creation.cylinder(radius=1.0, height=4.0, sections=48).subdivide().subdivide()
    vertices, triangles = np.asarray(mesh.vertices), np.asarray(mesh.faces)
    return vertices, triangles[vertices[triangles][:, :, 2].min(1) < 1.999]


def test_half_of_all_directions_see_a_place_of_a_ball():
    ball = trimesh.creation.icosphere(subdivisions=3)
    seen = exposure(np.asarray(ball.vertices), np.asarray(ball.faces))
    assert abs(seen.mean() - 0.5) < 0.01
    assert np.ptp(seen) < 0.05


def test_the_bottom_of_a_bowl_is_seen_through_its_mouth_alone_and_from_outside():
    vertices, triangles = _bowl()
    middle = vertices[triangles].mean(1)
    bottom = (middle[:, 2] < -1.99) & (np.hypot(*middle.T[:2]) < 0.5)
    # half of the sphere from below, and the cone to the mouth: (1 - cos(atan(1 / 4))) / 2
    assert bottom.sum() >= 4
    assert abs(exposure(vertices, triangles)[bottom].mean() - 0.515) < 0.02


def test_a_turned_mesh_is_as_exposed():
    chance = np.random.default_rng(3)
    mesh = trimesh.creation.icosphere(subdivisions=3)
    vertices = np.asarray(mesh.vertices) * [1.0, 1.3, 0.8] * (1 + 0.4 * np.sin(5 * np.asarray(mesh.vertices)[:, :1]))
    vertices += 0.02 * chance.standard_normal(vertices.shape)
    triangles = np.asarray(mesh.faces)
    reference = exposure(vertices @ principal_axes(vertices, triangles).T, triangles)
    assert np.ptp(reference) > 0.2
    for turn in Rotation.random(3, random_state=1).as_matrix():
        turned = vertices @ turn.T
        axes = principal_axes(turned, triangles)
        assert abs(np.linalg.det(axes) - 1) < 1e-9
        np.testing.assert_allclose(exposure(turned @ axes.T, triangles), reference, atol=0.005)
