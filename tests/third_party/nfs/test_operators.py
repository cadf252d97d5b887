"""Operators as the published networks know them, against loops and closed forms."""

import numpy as np
import pytest
import trimesh

from third_party.nfs.operators import damped_gradient, mean_normals, nfs_operators


def hexagonal(edge: float) -> tuple[np.ndarray, np.ndarray, int]:
    """A patch of equilateral triangles in the plane z = 0 facing +z, and a vertex within it that has six neighbours."""
    i, j = np.meshgrid(np.arange(7), np.arange(7), indexing="ij")
    points = np.stack([edge * (i + 0.5 * j), edge * np.sqrt(0.75) * j, 0 * i], axis=-1).reshape(-1, 3)
    index = np.arange(49).reshape(7, 7)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]))
    return points, np.concatenate([np.stack([a, b, d], 1), np.stack([b, c, d], 1)]), 24


@pytest.mark.parametrize(
    ("millimetres", "kept"), [(1.0, 0.968), (0.5, 0.882), (0.3, 0.730), (0.2, 0.545), (0.1, 0.231)]
)
def test_short_edges_lose_their_gradient(millimetres, kept):
    points, triangles, vertex = hexagonal(millimetres / 100)
    gradient = damped_gradient(points, triangles, mean_normals(points, triangles))
    slope = (gradient @ (points @ [2.0, -1.0, 0.0])).reshape(-1, 2)[vertex]
    assert np.linalg.norm(slope) == pytest.approx(kept * np.sqrt(5), rel=1e-3)


def test_the_gradient_is_the_damped_fit_of_each_vertex(face):
    vertices, triangles = (array.astype(np.float64) for array in face)
    triangles = triangles.astype(np.int64)
    normals = mean_normals(vertices, triangles)
    field = np.sin(3 * vertices[:, 0]) + vertices[:, 1] * vertices[:, 2]
    found = (damped_gradient(vertices, triangles, normals) @ field).reshape(-1, 2)
    for vertex in (0, 20, 107, 220):
        around = np.unique(triangles[(triangles == vertex).any(1)])
        around = around[around != vertex]
        # any tangent frame has the same length of gradient; take one from the singular vectors of the normal
        frame = np.linalg.svd(normals[vertex][None])[2][1:]
        edges = (vertices[around] - vertices[vertex]) @ frame.T
        fit = np.linalg.solve(edges.T @ edges + 1e-5 * np.eye(2), edges.T @ (field[around] - field[vertex]))
        assert np.linalg.norm(found[vertex]) == pytest.approx(np.linalg.norm(fit), rel=1e-4)


def test_normals_do_not_heed_the_size_of_triangles():
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 9.0]])
    triangles = np.array([[0, 1, 2], [0, 3, 1]])
    # +z of the small triangle and +y of the large one
    assert mean_normals(points, triangles)[0] == pytest.approx([0, np.sqrt(0.5), np.sqrt(0.5)])


def test_a_ball_has_the_spectrum_of_the_sphere():
    mesh = trimesh.creation.icosphere(subdivisions=3, radius=1.0)
    found = nfs_operators(np.asarray(mesh.vertices), np.asarray(mesh.faces))
    assert found.evecs.shape == (642, 128)
    assert found.mass.sum() == pytest.approx(4 * np.pi, rel=0.01)
    expected = np.repeat([degree * (degree + 1) for degree in range(5)], [2 * degree + 1 for degree in range(5)])
    assert found.evals[:25] == pytest.approx(expected, rel=0.03, abs=1e-4)
    assert np.abs(found.evecs.T @ (found.mass[:, None] * found.evecs) - np.eye(128)).max() < 1e-4
    assert np.abs(found.normals - np.asarray(mesh.vertices)).max() < 0.01
