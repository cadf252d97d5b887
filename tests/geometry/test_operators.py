import numpy as np
import pytest
import scipy.sparse as sparse

from backend.geometry.operators import factorise, laplacian, triangle_normals, vertex_normals


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_triangle_normals_are_cross_products(kind):
    random = np.random.default_rng(0)
    vertices = random.normal(size=(50, 3)).astype(kind)
    triangles = random.integers(0, 50, (200, 3))
    a, b, c = vertices[triangles].transpose(1, 0, 2)
    normals = triangle_normals(vertices, triangles)
    assert normals.dtype == kind
    assert np.array_equal(normals, np.cross(b - a, c - a))
    assert triangle_normals(vertices, triangles[:0]).shape == (0, 3)


def test_vertex_normals_of_a_sphere_point_outwards_and_loose_vertices_up(sphere):
    vertices, triangles = sphere(40, 60)
    normals = vertex_normals(np.concatenate([vertices, [[5.0, 5.0, 5.0]]]), triangles)
    assert np.linalg.norm(normals[:-1] - vertices, axis=1).max() < 0.03
    assert normals[-1].tolist() == [0.0, 1.0, 0.0]


def test_factors_solve(sphere):
    matrix, mass = laplacian(*sphere(20, 30))
    system = sparse.diags(mass) + matrix @ sparse.diags(1 / mass) @ matrix
    wanted = np.random.default_rng(0).normal(size=(len(mass), 3))
    assert np.abs(factorise(system).solve(system @ wanted) - wanted).max() < 1e-8
