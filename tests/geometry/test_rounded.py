import numpy as np
import pytest
import trimesh
from scipy.spatial import KDTree

from backend.geometry.clean import clean
from backend.geometry.closest import closest_points
from backend.geometry.mesh import face_mesh
from backend.geometry.rounded import ENOUGH, _loop, rounded


def test_a_faceted_ball_becomes_round(sphere):
    mesh = clean(face_mesh(*sphere(8, 14)))
    body = rounded(mesh)
    count = len(mesh.vertices)
    assert len(body.mesh.vertices) >= ENOUGH
    within, through, facets = (np.linalg.norm(at, axis=1) for at in (body.mesh.vertices, body.through, body.given))
    assert facets.min() < 0.97, "the facets cut deep into the ball"
    assert np.ptp(within) < 0.04
    assert within.max() < 0.985
    assert through.min() > 0.985
    assert through.max() < 1.01
    assert np.linalg.norm(body.through[:count] - mesh.vertices, axis=1).max() < 0.005
    assert (body.mesh.components == 0).all()


def test_the_given_places_are_on_the_given_surface(sphere):
    mesh = clean(face_mesh(*sphere(8, 14)))
    body = rounded(mesh)
    assert closest_points(body.given, mesh.vertices, mesh.triangles)[2].max() < 1e-6
    on_ball = np.concatenate([body.through[200:230], [[np.nan] * 3]])
    back = body.on_given(on_ball)
    assert np.abs(back[:-1] - body.given[200:230]).max() < 1e-6
    assert np.isnan(back[-1]).all()


def test_a_step_is_the_one_of_another_implementation(grid):
    vertices, triangles = grid(7, 8)
    vertices[:, 2] = np.sin(vertices[:, 0]) * np.cos(2 * vertices[:, 1])
    smooth, edges, finer = _loop(triangles, len(vertices))
    expected, _ = trimesh.remesh.subdivide_loop(vertices, triangles, iterations=1)
    assert len(expected) == len(vertices) + len(edges)
    assert len(finer) == 4 * len(triangles)
    apart = KDTree(smooth @ vertices).query(expected)[0]
    # trimesh takes the diagonals that cut off two corners of the sheet for border, at four vertices
    assert (apart > 1e-12).sum() == 4


@pytest.mark.parametrize("side", [6, 20])
def test_a_flat_sheet_stays_flat_and_keeps_its_border(grid, side):
    mesh = clean(face_mesh(*grid(side, side)))
    body = rounded(mesh)
    assert np.abs(body.through[:, 2]).max() == 0
    low, high = body.through.min(0), body.through.max(0)
    assert np.abs(low[:2]).max() < 0.12
    assert np.abs(high[:2] - (side - 1)).max() < 0.12
    assert body.mesh.from_user.tolist() == mesh.from_user.tolist()


def test_three_sheets_on_one_edge_are_no_obstacle():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1]], float)
    mesh = clean(face_mesh(vertices, np.array([[0, 1, 2], [1, 0, 3], [0, 1, 4]])))
    body = rounded(mesh)
    assert np.isfinite(body.mesh.vertices).all()
    assert len(body.mesh.triangles) == 3 * 4 ** round(np.log(len(body.mesh.triangles) / 3) / np.log(4))
