from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.evaluation import nricp
from backend.evaluation.character import BLENDER_TO_CANONICAL, Character
from backend.evaluation.icp import Reference
from backend.evaluation.metrics import compare
from backend.evaluation.nricp import bend, bent_reference_shapes, carry, coarse
from backend.geometry.clean import clean
from backend.geometry.closest import closest_points
from backend.geometry.mesh import face_mesh
from backend.geometry.operators import vertex_normals
from backend.geometry.similarity import fit_similarity

COARSE = 800


@pytest.fixture
def placing(lumpy_head: Reference, lumpy_copy: Character) -> np.ndarray:
    """(4, 4) from the copy, turned upright, to the head."""
    return fit_similarity(lumpy_copy.vertices @ BLENDER_TO_CANONICAL.T, lumpy_head.vertices)


def squeezed(points: np.ndarray) -> np.ndarray:
    """Canonical points with a narrower head, a fuller back and a longer chin."""
    x, y, z = points.T
    return np.stack([0.85 * x, y - 0.25 * np.clip(-y - 0.02, 0, None), z - 0.2 * np.clip(-z, 0, None)], axis=1)


@pytest.fixture(scope="module")
def other(lumpy_head: Reference) -> Character:
    """The squeezed head as a character, in place, with the squeezed shape as the artist's key."""
    jaw = lumpy_head.deltas[ARKIT_NAMES.index("jawOpen")]
    neutral = squeezed(lumpy_head.vertices)
    key = squeezed(lumpy_head.vertices + jaw) - neutral
    return Character(
        name="squeezed",
        path=Path("character.npz"),
        vertices=neutral @ BLENDER_TO_CANONICAL,
        faces=np.pad(lumpy_head.triangles, ((0, 0), (0, 1)), constant_values=-1),
        head=np.ones(len(neutral), bool),
        key_names=("jawOpen",),
        key_deltas=(key @ BLENDER_TO_CANONICAL)[None],
    )


@pytest.fixture(scope="module")
def bent(lumpy_head: Reference) -> np.ndarray:
    """The coarse head bent onto the squeezed one."""
    return bend(coarse(lumpy_head, COARSE), clean(face_mesh(squeezed(lumpy_head.vertices), lumpy_head.triangles)))


def test_the_reference_bends_onto_another_head(lumpy_head: Reference, bent: np.ndarray):
    source = coarse(lumpy_head, COARSE).vertices
    assert len(source) == pytest.approx(COARSE, rel=0.1)
    target = squeezed(lumpy_head.vertices)
    before = closest_points(source, target, lumpy_head.triangles)[2]
    after = closest_points(bent, target, lumpy_head.triangles)[2]
    assert before.mean() > 0.004
    assert after.mean() < 0.1 * before.mean()


def test_its_shapes_fit_the_other_head(
    lumpy_head: Reference, other: Character, bent: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(nricp, "bend", lambda source, head: bent)
    (figures,) = compare(other, ARKIT_NAMES, bent_reference_shapes(other, np.eye(4), lumpy_head, COARSE))
    assert figures.cosine > 0.95
    assert figures.overlap > 0.75
    assert figures.strength == pytest.approx(1.0, abs=0.2)


def test_what_is_no_head_stays_still(
    lumpy_head: Reference, lumpy_copy: Character, placing: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(nricp, "bend", lambda source, head: source.vertices)
    head = lumpy_copy.head.copy()
    head[:300] = False
    deltas = bent_reference_shapes(replace(lumpy_copy, head=head), placing, lumpy_head, COARSE)
    assert np.abs(deltas[:, :300]).max() == 0
    assert np.abs(deltas[ARKIT_NAMES.index("jawOpen"), 300:]).max() > 0


def test_shapes_come_in_the_characters_own_frame(
    lumpy_head: Reference, lumpy_copy: Character, placing: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(nricp, "bend", lambda source, head: source.vertices)
    (figures,) = compare(lumpy_copy, ARKIT_NAMES, bent_reference_shapes(lumpy_copy, placing, lumpy_head, COARSE))
    assert figures.cosine > 0.98
    assert figures.strength == pytest.approx(1.0, abs=0.05)


def test_each_of_two_touching_sheets_takes_its_own_motion():
    x, z = np.meshgrid(np.linspace(0, 0.1, 9), np.linspace(0, 0.1, 9), indexing="ij")
    corner = (np.arange(8)[:, None] * 9 + np.arange(8)).ravel()
    up = np.concatenate([[corner, corner + 1, corner + 10], [corner, corner + 10, corner + 9]], axis=1).T
    sheet = np.stack([x, np.zeros_like(x), z], axis=2).reshape(-1, 3)
    apart = np.array([0, 0.0005, 0])
    vertices = np.concatenate([sheet + apart, sheet - apart])
    triangles = np.concatenate([up, up[:, ::-1] + 81])
    deltas = np.repeat([[1.0, -1.0]], 81, axis=0).T.reshape(1, -1, 1) * [0, 1.0, 0]
    normals = vertex_normals(vertices, triangles)
    # each sheet seen from where the other one is
    carried = carry(deltas, vertices, triangles, vertices - 0.001 * normals, normals)
    np.testing.assert_allclose(carried, deltas)
    assert np.abs(carry(deltas, vertices, triangles, vertices + 1.0, normals)).max() == 0
