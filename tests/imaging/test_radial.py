"""How far surfaces reach from a point, against spheres and boxes whose reach is known."""

import numpy as np
import pytest
import trimesh

from backend.imaging.radial import radial_surface, sphere_surface

AXIS = np.array([0.0, 0.6, 0.8])
CENTER = np.array([0.3, -0.2, 0.1])


def rays(count: int, degrees: float) -> np.ndarray:
    """Random unit vectors (count, 3) at most so far from AXIS."""
    random = np.random.default_rng(0).standard_normal((20 * count, 3))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    return random[random @ AXIS > np.cos(np.radians(degrees))][:count]


@pytest.mark.parametrize("analytic", [True, False])
def test_a_sphere_reaches_as_far_everywhere(analytic: bool):
    ball = trimesh.creation.icosphere(subdivisions=5, radius=0.02)
    surface = (
        sphere_surface(CENTER, 0.02, AXIS)
        if analytic
        else radial_surface(np.asarray(ball.vertices) + CENTER, np.asarray(ball.faces), CENTER, AXIS)
    )
    reach = surface.reach(CENTER + 0.005 * rays(300, 60))
    assert reach == pytest.approx(0.02, rel=0.004)


def test_a_box_reaches_to_its_sides():
    box = trimesh.creation.box((2.0, 2.0, 2.0))
    direction = rays(300, 60)
    reach = radial_surface(np.asarray(box.vertices), np.asarray(box.faces), np.zeros(3), AXIS).reach(direction)
    expected = 1 / np.abs(direction).max(1)
    # triangles that reach behind the centre are left out
    seen = np.isfinite(reach)
    assert seen.mean() > 0.4
    assert np.median(np.abs(reach[seen] / expected[seen] - 1)) < 0.004


def test_the_outermost_shell_counts_and_what_is_not_there_is_unknown():
    inner, outer = (trimesh.creation.icosphere(subdivisions=4, radius=radius) for radius in (1.0, 2.0))
    cap = np.asarray(outer.faces)[np.asarray(outer.triangles_center)[:, 1] > 1.2]
    vertices = np.concatenate([inner.vertices, outer.vertices])
    surface = radial_surface(vertices, np.concatenate([inner.faces, cap + len(inner.vertices)]), np.zeros(3), AXIS)
    assert surface.reach(np.array([[0.0, 1.0, 0.3]])) == pytest.approx(2.0, rel=0.01)
    assert surface.reach(np.array([[0.0, 0.2, 1.0]])) == pytest.approx(1.0, rel=0.01)
    assert np.isnan(surface.reach(np.array([[0.0, 0.0, -1.0]]))).all()
    assert np.isnan(radial_surface(vertices, np.zeros((0, 3), int), np.zeros(3), AXIS).reach(AXIS[None])).all()
