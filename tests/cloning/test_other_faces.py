"""Faces besides the one that gets the shapes."""

import numpy as np
import pytest

from backend.cloning.other_faces import other_faces
from backend.faces.open_head import open_head_mesh
from backend.geometry.clean import clean
from backend.geometry.mesh import face_mesh
from backend.imaging.landmarks import available

if not available():
    pytest.skip("mediapipe is missing", allow_module_level=True)


def beside(offset: tuple[float, float, float], turned: bool = False):
    """The open head and a copy of it: points, triangles and pieces as other_faces takes them."""
    mesh = open_head_mesh()
    copy = mesh.vertices * (-1, 1, -1) if turned else mesh.vertices
    mesh = face_mesh(
        np.concatenate([mesh.vertices, copy + offset]),
        np.concatenate([mesh.triangles, mesh.triangles + len(mesh.vertices)]),
    )
    cleaned = clean(mesh)
    return cleaned.vertices, cleaned.triangles, cleaned.components


def test_a_second_head_is_seen() -> None:
    assert other_faces(*beside((0.5, 0.1, 0.0))) == 1


def test_the_head_itself_and_a_back_of_a_head_are_none() -> None:
    cleaned = clean(open_head_mesh())
    assert other_faces(cleaned.vertices, cleaned.triangles, cleaned.components) == 0
    assert other_faces(*beside((0.5, 0.0, 0.0), turned=True)) == 0


def test_a_ball_beside_the_head_is_none() -> None:
    mesh = open_head_mesh()
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    polar = np.linspace(0.01, np.pi - 0.01, 30)
    ball = 0.1 * np.stack(
        [
            np.outer(np.sin(polar), np.cos(angle)),
            np.outer(np.cos(polar), np.ones(40)),
            np.outer(np.sin(polar), np.sin(angle)),
        ],
        axis=2,
    ).reshape(-1, 3)
    row, column = np.mgrid[:29, :40].reshape(2, -1)
    a, b = row * 40 + column, row * 40 + (column + 1) % 40
    faces = np.concatenate([np.stack([a, b, b + 40], 1), np.stack([a, b + 40, a + 40], 1)])
    cleaned = clean(
        face_mesh(
            np.concatenate([mesh.vertices, ball + np.array([0.5, 0, 0])]),
            np.concatenate([mesh.triangles, faces + len(mesh.vertices)]),
        )
    )
    assert other_faces(cleaned.vertices, cleaned.triangles, cleaned.components) == 0
