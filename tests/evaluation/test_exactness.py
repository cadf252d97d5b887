"""The figures of exactness on a made-up head whose faults are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.cloning.rim import Contour
from backend.errors import Refusal
from backend.evaluation.exactness import (
    Closing,
    Exactness,
    evaluate_exactness,
    folded,
    measure,
    rim_crossing,
    zero_code,
)
from backend.evaluation.exactness_table import missed, table
from backend.evaluation.icp import Reference
from backend.geometry.clean import clean
from backend.geometry.mesh import PARTS, FaceMesh, face_mesh
from backend.report import HEAD_HEIGHT

SCALE = 10.0


@pytest.fixture
def head(lumpy_head: Reference) -> tuple[FaceMesh, Shapes]:
    """An egg with a nose, in decimetres, cut open below, with a vertex in no face, and a jawOpen in front."""
    triangles = lumpy_head.triangles[(lumpy_head.vertices[lumpy_head.triangles, 1] > -0.1).all(1)]
    vertices = SCALE * np.concatenate([lumpy_head.vertices, [[0.3, 0.3, 0.3]]])
    places = vertices / SCALE
    deltas = np.zeros((len(ARKIT_NAMES), len(vertices), 3), np.float32)
    front = np.clip(places[:, 2] / 0.03, 0, 1) * np.clip((places[:, 1] + 0.08) / 0.02, 0, 1) * (places[:, 1] < 0.1)
    deltas[ARKIT_NAMES.index("jawOpen"), :, 1] = -SCALE * 0.01 * front
    deltas[:, -1] = 0.0
    mesh = face_mesh(vertices.astype(np.float32), triangles)
    shapes = Shapes(
        mesh.vertices,
        ARKIT_NAMES,
        deltas,
        np.full(len(vertices), PARTS.index("skin"), np.int8),
        1.0,
        ("made up",),
        np.diag([1 / SCALE, 1 / SCALE, 1 / SCALE, 1.0]),
        (),
        "0",
        np.full(places.shape, np.nan, np.float32),
    )
    return mesh, shapes


def changed(shapes: Shapes, key: str, where: np.ndarray, by: tuple[float, float, float]) -> Shapes:
    """The shapes with something added to one of them; by: metres at a real head's size."""
    deltas = shapes.deltas.copy()
    deltas[ARKIT_NAMES.index(key), where] += SCALE * np.array(by, np.float32)
    return replace(shapes, deltas=deltas)


def test_a_head_without_faults(head: tuple[FaceMesh, Shapes]):
    found = measure("head", *head)
    assert (found.zero, found.neck, found.beyond) == (0.0, 0.0, 0.0)
    assert found.mirror is not None
    assert found.mirror["jawOpen"] < 1e-4
    assert set(found.folded.values()) == {0.0}
    assert missed(found) == []


def test_what_may_not_move_and_does(head: tuple[FaceMesh, Shapes]):
    mesh, shapes = head
    places = shapes.vertices / SCALE
    unused = np.arange(len(places)) == len(places) - 1
    assert measure("head", mesh, changed(shapes, "jawLeft", unused, (0.001, 0, 0))).zero == pytest.approx(0.01)
    assert zero_code(changed(shapes, "jawLeft", places[:, 1] > 0, (np.nan, 0, 0)), clean(mesh)) == np.inf
    border = places[:, 1] < -0.085
    neck = measure("head", mesh, changed(shapes, "jawLeft", border, (0.001, 0, 0)))
    assert neck.neck == pytest.approx(0.001 / HEAD_HEIGHT, rel=1e-3)
    back = measure("head", mesh, changed(shapes, "jawLeft", places[:, 2] < -0.05, (0, 0.002, 0)))
    assert back.beyond == pytest.approx(0.002 / HEAD_HEIGHT, rel=1e-3)
    assert {"neck", "beyond"} <= {*missed(neck), *missed(back)}


def test_a_shape_that_is_stronger_on_one_side(head: tuple[FaceMesh, Shapes]):
    mesh, shapes = head
    left = (shapes.vertices[:, 0] > 0.1) & (np.abs(shapes.vertices[:, 1]) < 0.5) & (shapes.vertices[:, 2] > 0.3)
    found = measure("head", mesh, changed(shapes, "jawOpen", left, (0, -0.005, 0)))
    assert found.mirror is not None
    assert found.mirror["jawOpen"] > 0.1
    assert "mirror" in missed(found)


def test_triangles_that_turn_over_are_counted():
    y, x = np.mgrid[0:5, 0:5]
    points = np.column_stack([x.ravel(), y.ravel(), np.zeros(25)]).astype(float)
    corner = (np.arange(4)[:, None] * 5 + np.arange(4)).ravel()
    face = np.concatenate(
        [
            np.stack([corner, corner + 1, corner + 6], axis=1),
            np.stack([corner, corner + 6, corner + 5], axis=1),
        ]
    )
    moved = np.zeros_like(points)
    assert folded(points, face, moved) == 0.0
    moved[12] = [1.5, 0.0, 0.0]
    # of the six triangles around the middle the two beyond its right neighbour turn over
    assert folded(points, face, moved) == pytest.approx(2 / 32)


@pytest.mark.parametrize(("drop", "share"), [(0.0, -0.1), (0.3, 0.2)])
def test_lips_that_pass_through_each_other(drop: float, share: float):
    at = np.linspace(0, 1, 9)
    upper = np.column_stack([at, 0.1 * np.sin(np.pi * at), 0 * at])
    upper[1:-1, 1] = 0.1 - drop
    lower = np.column_stack([at, 0 * at, 0 * at])
    points = np.concatenate([upper, lower[1:-1]])
    chain = np.concatenate([[0], np.arange(9, 16), [8]])
    up, outward = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
    contour = Contour("mouth", np.arange(9), chain, up, outward, 1.0, 0.1, "open")
    assert rim_crossing(points, contour) == pytest.approx(share)


def test_the_table_says_what_is_beyond_its_target(tmp_path: Path, head: tuple[FaceMesh, Shapes]):
    good = Closing("eyeBlinkLeft", 0.4, 0.01, 0.5, 0.0, 0.02, None)
    bad = Closing("jawOpen + mouthClose", None, 0.19, 0.99, None, None, 0.002)
    one = Exactness("someone", 0.0, None, 0.0, {"jawOpen": 0.05}, {"eyeBlink": 0.01, "jawOpen": 0.0}, (good, bad), "")
    assert missed(one) == ["mirror", "lips", "folds of eyeBlink", "half of jawOpen + mouthClose"]
    mesh, shapes = head

    def refuse(_: FaceMesh) -> Shapes:
        raise Refusal("no-face", "No face was found.", "Take another.")

    file = tmp_path / "nobody" / "character.npz"
    file.parent.mkdir()
    np.savez(file, vertices=mesh.vertices, faces=mesh.triangles)
    refused = evaluate_exactness(file, refuse)
    whole = measure("egg", mesh, shapes)
    text = table([whole, refused])
    assert "nobody refused: No face was found." in text
    assert text.splitlines()[1].startswith("egg ")
    complete = replace(one, folded={**whole.folded, "eyeBlink": 0.01})
    assert "40 > 1.0 (50)" in table([complete])
    assert "someone: beyond the target in mirror, lips" in table([complete])
