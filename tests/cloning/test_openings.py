"""A face found by two eyes and a mouth cut into a surface, in any frame and size."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from backend.cloning.openings import _Rim, _trios, openings_face
from backend.geometry.clean import clean
from backend.geometry.read import read_head
from backend.geometry.rounded import rounded


def _mask(eye_shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A ball of radius one with round eyes and a wide mouth cut out, y up, looking along z."""
    mesh = trimesh.creation.icosphere(subdivisions=5)
    vertices, triangles = np.asarray(mesh.vertices), np.asarray(mesh.faces)
    middle = vertices[triangles].mean(1)

    def hole(x: float, y: float, width: float, height: float) -> np.ndarray:
        return (((middle[:, 0] - x) / width) ** 2 + ((middle[:, 1] - y) / height) ** 2 < 1) & (middle[:, 2] > 0)

    cut = hole(0.4, 0.3 + eye_shift, 0.15, 0.12) | hole(-0.4, 0.3, 0.15, 0.12) | hole(0, -0.4, 0.35, 0.06)
    kept = triangles[~cut]
    used, corners = np.unique(kept, return_inverse=True)
    return vertices[used] * [1.0, 1.2, 0.9], corners.reshape(-1, 3)


@pytest.mark.parametrize(("seed", "scale"), [(0, 1.0), (1, 1000.0), (2, 0.001)])
def test_the_face_is_turned_upright_and_to_the_front(seed: int, scale: float):
    vertices, triangles = _mask()
    turn = Rotation.random(rng=np.random.default_rng(seed)).as_matrix()
    placed = scale * (vertices @ turn.T + seed)
    found = openings_face(placed, triangles, np.zeros(len(vertices), int))
    rotation = found[0].canonical_from_mesh[:3, :3]
    rotation = rotation / np.cbrt(np.linalg.det(rotation)) @ turn
    assert rotation[0, 0] > 0.999
    assert rotation[1, 1] > 0.85
    assert rotation[2, 2] > 0.85


def test_lids_and_lips_lie_on_the_rims():
    vertices, triangles = _mask()
    found = openings_face(vertices, triangles, np.zeros(len(vertices), int))[0]
    known = np.isfinite(found.landmarks).all(1)
    assert 50 <= known.sum() <= 60
    back = np.linalg.inv(found.canonical_from_mesh)
    places = found.landmarks[known] @ back[:3, :3].T + back[:3, 3]
    eye = np.hypot((np.abs(places[:, 0]) - 0.4) / 0.15, (places[:, 1] / 1.2 - 0.3) / 0.12)
    mouth = np.hypot(places[:, 0] / 0.35, (places[:, 1] / 1.2 + 0.4) / 0.06)
    assert np.minimum(np.abs(eye - 1), np.abs(mouth - 1)).max() < 0.5


def test_the_monkey_s_openings_are_the_same_however_it_is_turned(corpus):
    """Their rims run along edges that are barely hidden, so a few triangles seen or unseen would move them."""
    mesh = rounded(clean(read_head(corpus / "dev" / "suzanne" / "suzanne.obj")))
    results = []
    for turn in [np.eye(3), *Rotation.random(2, rng=np.random.default_rng(4)).as_matrix()]:
        turned = (mesh.through @ turn.T).astype(np.float32)
        found = openings_face(turned, mesh.mesh.triangles, mesh.mesh.components)
        results.append(sorted((one.canonical_from_mesh[:3, :3] @ turn).round(2).tolist() for one in found))
        assert max(one.uneven for one in found) < 1e-4
    assert len(results[0]) >= 2
    assert results[1:] == results[:1] * 2


def test_an_uneven_surface_is_no_face():
    vertices, triangles = _mask()
    dented = vertices * np.where(vertices[:, :1] > 0, 1.3, 1.0)
    assert openings_face(dented, triangles, np.zeros(len(vertices), int)) == []


def test_a_ball_without_openings_has_no_face():
    mesh = trimesh.creation.icosphere(subdivisions=4)
    assert openings_face(np.asarray(mesh.vertices), np.asarray(mesh.faces), np.zeros(len(mesh.vertices), int)) == []


@pytest.mark.parametrize("name", ["jeeliz_tiger", "jeeliz_turtle", "jeeliz_lapin"])
def test_animals_are_found_by_sockets_and_mouths_that_are_hidden(corpus, name: str):
    mesh = clean(read_head(corpus / "dev" / name / "character.npz"))
    found = openings_face(mesh.vertices, mesh.triangles, mesh.components)
    rotation = found[0].canonical_from_mesh[:3, :3]
    rotation = rotation / np.cbrt(np.linalg.det(rotation))
    assert rotation[0, 0] > 0.99  # x to the character's left
    assert rotation[1, 2] > 0.9  # z up
    assert rotation[2, 1] < -0.9  # looking along -y


def test_rims_that_lie_on_each_other_make_no_face():
    rim = _Rim(np.arange(6), np.zeros((6, 2), int), np.zeros(3), np.array([0.0, 0.0, 1.0]), 1.0)
    assert not list(_trios([rim, replace(rim), replace(rim, centre=np.array([2.0, 0.0, 0.0])), replace(rim)]))
