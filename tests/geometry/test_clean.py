import time

import numpy as np
import pytest

from backend.errors import Refusal
from backend.geometry.clean import clean
from backend.geometry.mesh import face_mesh, polygon_mesh


def volume(mesh):
    a, b, c = (mesh.vertices[mesh.triangles[:, i]].astype(np.float64) for i in range(3))
    return np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6


def directed_edges(triangles):
    return np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])


def torn_apart(vertices, triangles):
    """Every triangle with vertices of its own, as in an .stl file."""
    return vertices[triangles.ravel()], np.arange(triangles.size).reshape(-1, 3)


def test_vertices_split_along_seams_are_welded_and_the_map_is_exact(sphere):
    vertices, triangles = sphere(20, 30)
    split, faces = torn_apart(vertices, triangles)
    mesh = face_mesh(split, faces)
    result = clean(mesh)
    assert len(result.vertices) == len(vertices)
    assert len(result.triangles) == len(triangles)
    assert np.array_equal(result.vertices[result.from_user], mesh.vertices)
    assert volume(result) == pytest.approx(4 * np.pi / 3, rel=0.03)


def test_an_unsplit_mesh_keeps_its_vertices_in_order(sphere):
    vertices, triangles = sphere(8, 12)
    result = clean(face_mesh(vertices, triangles))
    assert np.array_equal(result.from_user, np.arange(len(vertices)))
    assert np.array_equal(result.vertices, vertices.astype(np.float32))
    assert np.array_equal(result.triangles, triangles)


def test_seams_that_differ_in_the_last_digit_are_welded(sphere):
    vertices, triangles = sphere(10, 16)
    split, faces = torn_apart(vertices, triangles)
    split = split + np.random.default_rng(1).uniform(-3e-7, 3e-7, split.shape)
    assert len(clean(face_mesh(split, faces)).vertices) == len(vertices)


def test_lips_that_touch_stay_apart(grid):
    """Two sheets joined at one side, touching in the inside of both: nothing there may be welded."""
    vertices, triangles = grid(9, 9)
    vertices[:, 2] = 0.3 * np.maximum(np.abs(vertices[:, 0] - 4), np.abs(vertices[:, 1] - 4))
    lower = vertices * [1, 1, -1]
    result = clean(face_mesh(np.concatenate([vertices, lower]), np.concatenate([triangles, triangles[:, ::-1] + 81])))
    assert len(result.vertices) == 162
    assert result.from_user[40] != result.from_user[40 + 81]
    assert result.components.max() == 1


def test_different_objects_are_never_welded(grid):
    vertices, triangles = grid(5, 5)
    objects = np.repeat([0, 7], 25)
    result = clean(face_mesh(np.tile(vertices, (2, 1)), np.concatenate([triangles, triangles + 25]), objects))
    assert len(result.vertices) == 50
    assert set(result.objects[result.components == 0]) != set(result.objects[result.components == 1])


def test_components_are_numbered_by_area(sphere):
    vertices, triangles = sphere(6, 8)
    n = len(vertices)
    shells = np.concatenate([vertices, vertices * 3 + 10, vertices * 2 - 10])
    result = clean(face_mesh(shells, np.concatenate([triangles, triangles + n, triangles + 2 * n])))
    assert np.array_equal(result.components, np.repeat([2, 0, 1], n))


def test_degenerate_duplicate_and_loose_elements_go(grid):
    vertices, triangles = grid(4, 4)
    vertices = np.concatenate([vertices, [[50.0, 0.0, 0.0]]])
    extra = np.array([[0, 0, 5], [5, 1, 0], [3, 3, 3]])
    result = clean(face_mesh(vertices, np.concatenate([triangles, extra])))
    assert len(result.triangles) == len(triangles)
    assert len(result.vertices) == 16
    assert result.from_user[16] == -1
    assert result.from_user[:16].min() == 0


def test_a_sliver_goes_unless_a_vertex_would_be_lost():
    vertices = np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [1, 0, 0], [3, 0, 0]], float)
    with_neighbours = np.array([[0, 3, 2], [3, 1, 2], [0, 1, 3]])
    assert len(clean(face_mesh(vertices, with_neighbours)).triangles) == 2
    result = clean(face_mesh(vertices, np.array([[0, 1, 2], [0, 1, 4]])))
    assert result.from_user[4] >= 0


def test_mixed_orientation_is_repaired_outward(sphere):
    vertices, triangles = sphere(20, 30)
    wrong = np.random.default_rng(0).random(len(triangles)) < 0.6
    mixed = np.where(wrong[:, None], triangles[:, ::-1], triangles)
    result = clean(face_mesh(vertices, mixed))
    edges = directed_edges(result.triangles)
    assert len(np.unique(edges, axis=0)) == len(edges)
    assert volume(result) == pytest.approx(4 * np.pi / 3, rel=0.03)


def test_an_open_head_turned_inside_out_is_turned_back_with_its_mouth_bag(sphere):
    """The bag faces inwards on purpose, so it must end up facing inwards again."""
    vertices, triangles = sphere(20, 30)
    head = triangles[(vertices[triangles][:, :, 1] > -0.7).all(1)]
    bag = head[:, ::-1] + len(vertices)
    both = np.concatenate([vertices, 0.3 * vertices])
    for faces in (np.concatenate([head, bag]), np.concatenate([head, bag])[:, ::-1]):
        result = clean(face_mesh(both, faces))
        middles = result.vertices[result.triangles].mean(1)
        a, b, c = (result.vertices[result.triangles[:, i]] for i in range(3))
        outward = np.einsum("ij,ij->i", np.cross(b - a, c - a), middles) > 0
        assert np.array_equal(outward, result.components[result.triangles[:, 0]] == 0)


def test_edges_of_three_triangles_and_one_sided_strips_survive(grid):
    vertices, triangles = grid(5, 5)
    fin = np.array([[6, 7, 25], [7, 8, 25]])
    result = clean(face_mesh(np.concatenate([vertices, [[2, 1, 2]]]), np.concatenate([triangles, fin])))
    assert len(result.triangles) == len(triangles) + 2

    turn = np.arange(12) * 2 * np.pi / 12
    across = np.stack([np.cos(turn / 2) * np.cos(turn), np.cos(turn / 2) * np.sin(turn), np.sin(turn / 2)], 1)
    middle = 3 * np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)
    strip = np.concatenate([middle + across, middle - across])
    i = np.arange(12)
    following = np.where(i < 11, i + 1, 12)
    opposite = np.where(i < 11, i + 13, 0)
    faces = np.concatenate([np.stack([i, following, opposite], 1), np.stack([i, opposite, i + 12], 1)])
    assert len(clean(face_mesh(strip, faces)).triangles) == 24


def test_a_head_far_away_is_cleaned_as_one_at_the_origin(sphere):
    """At 2**17 units from the origin float32 steps are 1/64, which a sphere of radius 64 survives."""
    vertices, triangles = sphere(12, 16)
    near = np.round(vertices * 64 * 64) / 64
    here, there = clean(face_mesh(near, triangles)), clean(face_mesh(near + 2.0**17, triangles))
    assert np.array_equal(here.triangles, there.triangles)
    assert np.array_equal(here.vertices + np.float32(2.0**17), there.vertices)


def test_polygons_become_triangles():
    corners = np.array([0, 1, 2, 3, 4, 0, 4, 5])
    angle = np.arange(5) * 2 * np.pi / 5
    vertices = np.concatenate([np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1), [[1, -2, 0]]])
    assert len(clean(polygon_mesh(vertices, corners, np.array([5, 3]))).triangles) == 4


def test_a_mesh_without_area_is_refused():
    line = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0]], float)
    for vertices, faces in ((line, [[0, 1, 2]]), (line, [[0, 0, 1]]), (line * 0, [[0, 1, 2]])):
        with pytest.raises(Refusal) as refused:
            clean(face_mesh(vertices, np.array(faces)))
        assert refused.value.code == "no-surface"


def test_four_hundred_thousand_vertices_take_seconds(sphere):
    vertices, triangles = sphere(400, 1000)
    mesh = face_mesh(vertices, triangles)
    start = time.process_time()
    assert len(clean(mesh).vertices) == len(vertices)
    assert time.process_time() - start < 6.0


def test_every_character_of_the_corpus_is_cleaned(corpus):
    paths = sorted((corpus / "dev").glob("*/character.npz"))
    assert len(paths) > 15
    for path in paths:
        with np.load(path, allow_pickle=False) as data:
            mesh = face_mesh(data["vertices"], data["faces"], data["object_id"])
        result = clean(mesh)
        kept = result.from_user >= 0
        assert np.array_equal(result.vertices[result.from_user[kept]], mesh.vertices[kept]), path.parent.name
        assert np.array_equal(kept, np.isin(np.arange(len(kept)), mesh.triangles)), path.parent.name
        assert len(result.triangles) > 0.99 * len(mesh.triangles), path.parent.name
