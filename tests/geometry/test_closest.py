import numpy as np
import pytest

from backend.geometry import closest
from backend.geometry.closest import closest_points


def nearest_by_minimising(point, corners):
    """Distance to one triangle by trying its three corners, the feet on its edges and the foot on its plane."""
    candidates = list(corners)
    for i in range(3):
        a, b = corners[i], corners[(i + 1) % 3]
        length = (b - a) @ (b - a)
        if length > 0:
            t = (point - a) @ (b - a) / length
            if 0 < t < 1:
                candidates.append(a + t * (b - a))
    matrix = np.stack([corners[1] - corners[0], corners[2] - corners[0]], axis=1)
    st = np.linalg.lstsq(matrix, point - corners[0], rcond=None)[0]
    if st.min() >= 0 and st.sum() <= 1:
        candidates.append(corners[0] + matrix @ st)
    return min(np.linalg.norm(point - c) for c in candidates)


def brute_force(points, vertices, triangles):
    return np.array([min(nearest_by_minimising(p, vertices[t]) for t in triangles) for p in points])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_distances_are_those_of_a_loop_over_all_triangles(scale):
    rng = np.random.default_rng(0)
    vertices = rng.normal(size=(60, 3)) * scale
    triangles = rng.integers(0, 60, (80, 3))
    triangles[:3] = [[5, 5, 9], [7, 7, 7], [1, 2, 1]]
    points = np.concatenate([rng.normal(size=(40, 3)), 20 * rng.normal(size=(10, 3)), vertices[:10] / scale]) * scale
    triangle, barycentric, distance = closest_points(points, vertices, triangles)
    assert np.allclose(distance, brute_force(points, vertices, triangles), rtol=1e-9, atol=1e-12 * scale)
    place = np.einsum("pi,pij->pj", barycentric, vertices[triangles[triangle]])
    assert np.allclose(np.linalg.norm(place - points, axis=1), distance, rtol=1e-9, atol=1e-12 * scale)
    assert barycentric.min() >= 0
    assert np.allclose(barycentric.sum(1), 1)


def test_uneven_triangles_far_points_and_centres_are_exact(sphere):
    """From the centre of a sphere all triangles are equally far; one giant triangle lies beside thousands of small."""
    vertices, triangles = sphere(12, 14)
    giant = np.array([[-50.0, -2, -50], [50, -2, -50], [0, -2, 90]])
    triangles = np.concatenate([triangles, [[len(vertices), len(vertices) + 1, len(vertices) + 2]]])
    vertices = np.concatenate([vertices, giant])
    points = np.array([[0, 0, 0], [0, -1.6, 0], [30, -3, -20], [1000, 0, 0], [0.2, 0.1, 0.05]])
    triangle, _, distance = closest_points(points, vertices, triangles)
    assert np.allclose(distance, brute_force(points, vertices, triangles), rtol=1e-10)
    assert triangle[1] == triangle[2] == len(triangles) - 1


def test_of_equals_the_first_triangle_is_named(grid):
    vertices, triangles = grid(4, 4)
    twice = np.concatenate([triangles, triangles])
    triangle, _, distance = closest_points(vertices, vertices, twice)
    assert np.array_equal(distance, np.zeros(16))
    expected = [np.flatnonzero((triangles == i).any(1))[0] for i in range(16)]
    assert np.array_equal(triangle, expected)


def test_one_triangle_is_enough_and_none_is_not():
    vertices = np.eye(3)
    triangle, _, distance = closest_points(np.zeros((1, 3)), vertices, np.array([[0, 1, 2]]))
    assert triangle[0] == 0
    assert distance[0] == pytest.approx(1 / np.sqrt(3))
    with pytest.raises(ValueError, match="without triangles"):
        closest_points(np.zeros((1, 3)), vertices, np.zeros((0, 3), int))
    assert closest_points(np.zeros((0, 3)), vertices, np.array([[0, 1, 2]]))[2].shape == (0,)


def test_vertices_of_a_large_mesh_lie_on_it(sphere):
    vertices, triangles = sphere(100, 120)
    rng = np.random.default_rng(2)
    points = rng.normal(size=(20000, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    _, _, distance = closest_points(points, vertices, triangles)
    assert distance.max() < 2e-3
    triangle, barycentric, distance = closest_points(vertices, vertices, triangles)
    assert np.array_equal(distance, np.zeros(len(vertices)))
    assert np.allclose(np.einsum("pi,pij->pj", barycentric, vertices[triangles[triangle]]), vertices, atol=1e-15)


def test_few_points_near_a_large_mesh_see_little_of_it(sphere, monkeypatch):
    vertices, triangles = sphere(150, 150)
    points = np.array([[0, 0, 1.01], [0.05, 0.02, 0.97]])
    searched = []
    build = closest._box_tree
    monkeypatch.setattr(closest, "_box_tree", lambda corners: searched.append(len(corners)) or build(corners))
    found = closest_points(points, vertices, triangles)
    monkeypatch.setattr(closest, "_in_reach", lambda points, vertices, triangles: np.arange(len(triangles)))
    whole = closest_points(points, vertices, triangles)
    assert all(np.array_equal(one, other) for one, other in zip(found, whole, strict=True))
    assert 20 < searched[0] < 0.05 * searched[1] == 0.05 * len(triangles)
