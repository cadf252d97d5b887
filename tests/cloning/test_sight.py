"""Faces found on the canonical head and on real characters, in any frame; nothing found where there is no face."""

from pathlib import Path

import numpy as np
import pytest

from backend.cloning.landmark_map import RIMS, canonical_landmarks, fit_landmarks, mirrored_landmarks
from backend.cloning.sight import Sighting, sight_face
from backend.errors import Cancelled
from backend.geometry.clean import clean
from backend.geometry.mesh import face_mesh
from backend.geometry.similarity import apply_transform

TURN = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])


def sight(vertices: np.ndarray, faces: np.ndarray, **arguments) -> Sighting | None:
    mesh = clean(face_mesh(vertices, faces))
    return sight_face(mesh.vertices, mesh.triangles, mesh.components, **arguments)


def angle(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(one @ other / np.linalg.norm(one) / np.linalg.norm(other), -1, 1))))


@pytest.fixture(scope="module")
def ict(corpus: Path) -> tuple[np.ndarray, np.ndarray]:
    """The canonical head in metres: skin, mouth, teeth and eyeballs."""
    with np.load(corpus / "ict_facekit.npz", allow_pickle=False) as data:
        return data["neutral"][:24591] * 0.01, data["faces"][(data["faces"] < 24591).all(1)]


def test_the_table_is_symmetric_and_laid_out_as_a_face():
    table, mirror = canonical_landmarks(), mirrored_landmarks()
    assert table.shape == (478, 3)
    assert (mirror[mirror] == np.arange(478)).all()
    assert np.abs(table - table[mirror] * [-1, 1, 1]).max() < 2e-6
    assert mirror[33] == 263 and mirror[1] == 1 and mirror[61] == 291 and mirror[13] == 13 and mirror[14] == 14
    assert table[263, 0] > 0.03, "landmark 263 is the character's own left eye"
    assert table[10, 1] > table[159, 1] > table[1, 1] > table[13, 1] > table[152, 1]
    assert table[4, 2] == table[:, 2].max(), "the nose is in front"


def test_a_fit_needs_enough_landmarks_that_span_a_space():
    table = canonical_landmarks()
    matrix, residual = fit_landmarks(table @ TURN.T * 3 + 1)
    assert residual < 1e-9 and apply_transform(matrix, table @ TURN.T * 3 + 1) == pytest.approx(table, abs=1e-9)
    few = np.where(np.arange(478)[:, None] < 100, table, np.nan)
    assert fit_landmarks(few) is None
    assert fit_landmarks(table * [1, 0, 0]) is None


@pytest.mark.parametrize("turned", [False, True])
def test_the_canonical_head_is_brought_home_from_any_frame(ict, turned):
    vertices, faces = ict
    moved = vertices @ (TURN.T if turned else np.eye(3)) * 37 + [100, -20, 5]
    found = sight(moved, faces)
    assert found is not None and found.confidence > 0.9
    home = apply_transform(found.canonical_from_mesh, moved)
    face = (vertices[:, 2] > 0.03) & (np.abs(vertices[:, 1]) < 0.1)
    assert np.linalg.norm(home - vertices, axis=1)[face].max() < 0.004
    off = np.linalg.norm(found.landmarks - canonical_landmarks(), axis=1)
    assert np.nanmedian(off) < 0.002 and np.isfinite(off[:468]).mean() > 0.95
    assert np.nanmax(off[RIMS]) < 0.008, "lids and lips lie on the skin, not on eyeballs and teeth"


def test_a_mirrored_file_is_still_seen_from_the_front(ict):
    vertices, faces = ict
    found = sight(vertices * [-1, 1, 1], faces[:, [2, 1, 0, 3]])
    assert found is not None
    assert np.linalg.det(found.canonical_from_mesh[:3, :3]) > 0
    assert angle(found.canonical_from_mesh[2, :3], np.array([0, 0, 1.0])) < 3


def test_no_face_is_seen_where_there_is_none():
    rng = np.random.default_rng(0)
    u, v = np.meshgrid(np.linspace(0, np.pi, 30), np.linspace(0, 2 * np.pi, 30), indexing="ij")
    ball = np.stack([np.sin(u) * np.cos(v), np.sin(u) * np.sin(v), np.cos(u)], axis=-1).reshape(-1, 3)
    i = np.arange(900).reshape(30, 30)
    faces = np.stack([i[:-1, :-1], i[1:, :-1], i[1:, 1:], i[:-1, 1:]], axis=-1).reshape(-1, 4)
    assert sight(ball, faces) is None
    flat = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    triangle = np.array([[0, 1, 2]])
    assert sight_face(flat, triangle, np.zeros(3, int)) is None
    assert sight_face(rng.normal(size=(5, 3)), np.zeros((0, 3), int), np.zeros(5, int)) is None


def test_progress_rises_and_may_cancel(ict):
    told: list[float] = []
    sight(*ict, progress=lambda fraction, text: told.append(fraction))
    assert told == sorted(told) and told[-1] == 1

    def stop(fraction: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        sight(*ict, progress=stop)


@pytest.mark.parametrize(
    ("name", "front", "up"),
    [
        ("apple_face_example", (0, -1, 0), (0, 0, 1)),
        ("facecap_livemode", (0, -1, 0), (0, 0, 1)),
        ("lee_perry_smith", (0, -1, 0), (0, 0, 1)),
        ("rpm_template", (0, -1, 0), (0, 0, 1)),
        ("mhr_body", (0, 0, 1), (0, 1, 0)),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_real_characters_are_found_as_they_are_and_turned(corpus, name, front, up, turned):
    with np.load(corpus / "dev" / name / "character.npz", allow_pickle=False) as data:
        vertices, faces = data["vertices"], data["faces"]
    rotation = TURN if turned else np.eye(3)
    found = sight(vertices @ rotation.T, faces)
    assert found is not None and found.confidence > 0.8
    # the characters' own heads are up to a few degrees tilted
    assert angle(found.canonical_from_mesh[2, :3], rotation @ front) < 6
    assert angle(found.canonical_from_mesh[1, :3], rotation @ up) < 6


def test_the_same_mesh_gives_the_same_bytes(ict):
    one, other = sight(*ict), sight(*ict)
    assert one is not None and other is not None
    assert one.landmarks.tobytes() == other.landmarks.tobytes()
    assert one.canonical_from_mesh.tobytes() == other.canonical_from_mesh.tobytes()
