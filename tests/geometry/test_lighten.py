import numpy as np

from backend.geometry.clean import clean
from backend.geometry.lighten import lightened
from backend.geometry.mesh import face_mesh


def two_spheres(sphere):
    """A fine sphere and a smaller one beside it, in a file with an unused vertex and in shuffled order."""
    one, faces = sphere(60, 80)
    vertices = np.concatenate([one, 0.3 * one + [2, 0, 0], [[9.0, 9.0, 9.0]]])
    faces = np.concatenate([faces, faces + len(one)])
    order = np.random.default_rng(0).permutation(len(vertices))
    owner = (np.arange(len(vertices)) >= len(one)).astype(np.int32)
    return face_mesh(vertices[np.argsort(order)], order[faces], owner[np.argsort(order)], ("large", "small"))


def test_a_mesh_within_the_budget_is_itself(sphere):
    mesh = clean(two_spheres(sphere))
    assert lightened(mesh, len(mesh.vertices)) is mesh


def test_a_larger_one_keeps_places_components_objects_and_the_way_back(sphere):
    given = two_spheres(sphere)
    mesh = clean(given)
    light = lightened(mesh, 2000)
    assert 1800 <= len(light.vertices) <= 2100
    assert np.array_equal(np.unique(light.triangles), np.arange(len(light.vertices)))
    index = {tuple(place): number for number, place in enumerate(mesh.vertices.tolist())}
    at = np.array([index[tuple(place)] for place in light.vertices.tolist()])
    assert np.array_equal(light.components, mesh.components[at])
    assert np.array_equal(light.objects, mesh.objects[at])
    assert set(light.components.tolist()) == {0, 1}
    assert light.from_user[mesh.from_user < 0].tolist() == [-1]
    used = light.from_user >= 0
    off = np.linalg.norm(light.vertices[light.from_user[used]] - given.vertices[used], axis=1)
    assert used.sum() > 0.99 * len(mesh.vertices)
    assert off.max() < 0.2
    assert np.array_equal(light.objects[light.from_user[used]], given.objects[used])
