"""Depths of collisions on made-up mouths and eyes, and the correctives of the open head seen by this other measure."""

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh

from backend.__main__ import main
from backend.channels import ARKIT_NAMES
from backend.cloning.correctives import Corrective
from backend.cloning.result import Shapes
from backend.cloning.rim import Contour, missing
from backend.errors import Refusal
from backend.evaluation import combinations
from backend.evaluation.combinations import (
    COMBINATIONS,
    Collision,
    CombinationsEvaluation,
    Scene,
    evaluate_combinations,
    measure,
    ray_depth,
)
from backend.evaluation.combinations_table import table
from backend.faces.open_head import load_open_head, open_head_mesh
from backend.geometry.mesh import FaceMesh
from tests.cloning.test_teeth import ARCH, WIDTH, lips_before_teeth

AHEAD = np.array([0.0, 0.0, 1.0])
NOTHING = np.zeros((0, 3), int)


def test_a_ray_meets_the_furthest_surface_within_reach():
    box = trimesh.creation.box((0.1, 0.1, 0.0002)).triangles
    sheets = [box + np.array([0, 0, z]) for z in (0.003, 0.007, 0.02)]
    origins = np.array([[0.0, 0.0, 0.0], [0.2, 0.0, 0.0], [0.01, 0.02, 0.005]])
    depth = ray_depth(origins, np.broadcast_to(AHEAD, (3, 3)), np.concatenate(sheets))
    assert depth == pytest.approx([0.0071, 0.0, 0.0021], abs=1e-6)


def drawn(points: np.ndarray, **keys: np.ndarray) -> Shapes:
    """Shapes that are still but for some keys."""
    deltas = np.zeros((len(ARKIT_NAMES), *points.shape), np.float32)
    for name, field in keys.items():
        deltas[ARKIT_NAMES.index(name), : len(field)] = field
    parts = np.zeros(len(points), np.int8)
    return Shapes(points, ARKIT_NAMES, deltas, parts, 1.0, (), np.eye(4), (), "test", points)


@pytest.fixture(scope="module")
def mouth() -> tuple[Scene, np.ndarray, int]:
    """Lips 2 mm before a lower row of teeth: the scene, the way inwards for every lip vertex, how many these are."""
    one = lips_before_teeth()
    points = np.concatenate([one.skin, one.lower])
    corner = len(one.skin) + (np.arange(11)[:, None] * 60 + np.arange(59)).ravel()
    row = np.concatenate(
        [np.stack([corner, corner + 1, corner + 61], axis=1), np.stack([corner, corner + 61, corner + 60], axis=1)]
    )
    eyes = {name: missing(name, AHEAD) for name in ("eye_left", "eye_right")}
    none = np.zeros(0, int)
    scene = Scene(
        points,
        np.arange(len(points)),
        np.eye(3),
        (NOTHING, row),
        one.triangles,
        (none, none),
        {"mouth": one.contour, **eyes},
        (NOTHING, NOTHING),
    )
    inward = -(one.skin - [0, 0, 0.07]) * [1, 0, 1]
    return scene, inward / np.linalg.norm(inward, axis=1, keepdims=True), len(one.skin)


def test_lips_in_teeth_are_measured_in_widths_of_the_mouth(mouth):
    scene, inward, _ = mouth
    shapes = drawn(scene.points, mouthPucker=0.003 * inward, jawOpen=0.0004 * inward)
    whole = measure(scene, shapes, (), "pucker + jawOpen", 1.0, False)
    assert whole.teeth == pytest.approx(0.0014 / WIDTH, rel=0.02)
    assert whole.worst == whole.teeth
    assert measure(scene, shapes, (), "pucker + jawOpen", 0.5, False).teeth == 0.0
    assert measure(scene, shapes, (), "smile + jawOpen", 1.0, False).teeth == 0.0


def test_a_corrective_counts_where_both_of_its_keys_are_on(mouth):
    scene, inward, lips = mouth
    shapes = drawn(scene.points, mouthPucker=0.003 * inward, mouthSmileLeft=0.003 * inward)
    out = np.zeros_like(scene.points)
    out[:lips] = -0.0015 * inward
    fix = (Corrective("pucker", ("mouthPucker", "jawOpen"), out),)
    assert measure(scene, shapes, fix, "pucker + jawOpen", 1.0, True).teeth == 0.0
    assert measure(scene, shapes, fix, "smile + jawOpen", 1.0, True).teeth == pytest.approx(0.001 / WIDTH, rel=0.02)


def test_a_tooth_between_the_vertices_of_a_lip_is_found(mouth):
    """Lips of few vertices, none of which is where one point of a row stands out."""
    scene, _, lips = mouth
    spike = lips + 6 * 60 + 31
    out = np.zeros_like(scene.points)
    out[spike] = 0.003 * (scene.points[spike] - [0, scene.points[spike, 1], 0.07]) / ARCH
    shapes = drawn(scene.points, jawOpen=out)
    assert measure(scene, shapes, (), "pucker + jawOpen", 1.0, False).teeth == pytest.approx(0.001 / WIDTH, rel=0.1)


def test_lids_that_cross_and_lids_in_the_eye(almond):
    points, triangles = almond(9, 48)
    sphere = trimesh.creation.icosphere(subdivisions=3, radius=0.012)
    center = points.mean(0) - [0, 0, 0.013]
    angle = np.tile(np.arange(48) * 2 * np.pi / 48, 9)
    upper, lower = np.arange(24, -1, -1), np.array([*range(24, 48), 0])
    contour = Contour("eye_left", upper, lower, np.array([0, 1.0, 0]), AHEAD, 0.025, 0.01, "open")
    mouth = Contour("mouth", upper[:0], upper[:0], np.array([0, 1.0, 0]), AHEAD, WIDTH, 0.0, "missing")
    whole = np.concatenate([points, sphere.vertices + center])
    scene = Scene(
        whole,
        np.arange(len(whole)),
        np.eye(3),
        (NOTHING, NOTHING),
        triangles[:0],
        (np.arange(len(points)), np.zeros(0, int)),
        {"mouth": mouth, "eye_left": contour, "eye_right": missing("eye_right", AHEAD)},
        (sphere.faces + len(points), NOTHING),
    )
    down = np.zeros_like(points)
    down[:, 1] = -2.2 * 0.005 * np.clip(np.sin(angle), 0, 1) * np.repeat(np.linspace(1, 0, 9), 48)
    crossing = measure(scene, drawn(whole, eyeBlinkLeft=down), (), "blink + squint", 1.0, False)
    assert crossing.lids == pytest.approx(0.001 / WIDTH, rel=0.05)
    assert crossing.teeth is None
    sunk = np.zeros_like(points)
    sunk[:, 2] = -0.004
    inside = measure(scene, drawn(whole, eyeSquintLeft=sunk), (), "blink + squint", 1.0, False)
    assert inside.eyes is not None and inside.eyes > 0.01


@pytest.fixture
def file(tmp_path: Path) -> Path:
    mesh, head = open_head_mesh(), load_open_head()
    path = tmp_path / "someone" / "character.npz"
    path.parent.mkdir()
    names = np.array(mesh.object_names)
    np.savez(path, vertices=mesh.vertices, faces=head.quads, object_id=mesh.objects, objects=names)
    return path


def test_the_open_heads_correctives_part_what_collides(file: Path, open_head_shapes: Shapes):
    figure = evaluate_combinations(file, lambda mesh: open_head_shapes)
    assert figure.name == "someone"
    assert len(figure.correctives) >= 4
    before = [one for one in figure.collisions if not one.corrected]
    after = [one for one in figure.collisions if one.corrected]
    assert len(before) == len(after) == 2 * len(COMBINATIONS)
    for kind in ("teeth", "lids"):
        assert max(getattr(one, kind) or 0.0 for one in before) > 0.03
        assert max(getattr(one, kind) or 0.0 for one in after) <= 0.01
    # half a blink of this head alone lies in its eye, which correctives of combinations need not cure
    assert all((b.eyes or 0.0) <= (a.eyes or 0.0) for a, b in zip(before, after, strict=True))


def refuse(mesh: FaceMesh) -> Shapes:
    raise Refusal("no-face", "No face was found.", "Select the head.")


def test_a_refusal_is_a_result(file: Path):
    figure = evaluate_combinations(file, refuse)
    assert figure == CombinationsEvaluation("someone", (), (), "No face was found. Select the head.")


def figures(left: float) -> CombinationsEvaluation:
    collisions = [
        Collision(name, weight, corrected, left if corrected else 0.05, 0.0, None, None)
        for name in COMBINATIONS
        for weight in (1.0, 0.5)
        for corrected in (False, True)
    ]
    return CombinationsEvaluation("someone", tuple(collisions), ("smile_jaw_corrective",), "")


def test_the_table_shows_both_and_names_what_still_collides():
    text = table([figures(0.004)])
    row = text.splitlines()[1]
    assert row.split()[:4] == ["someone", "5.0", ">", "0.4"]
    assert row.split()[-1] == "1"
    assert "someone: smile_jaw_corrective" in text
    assert "still collides" not in text
    assert "someone still collides: smile + jawOpen at 1 (2.0 %)" in table([figures(0.02)])
    refused = table([CombinationsEvaluation("cube", (), (), "No face was found.")])
    assert "cube refused: No face was found." in refused


def test_the_command_prints_and_writes(tmp_path: Path, file: Path, monkeypatch, capsys):
    monkeypatch.setattr(combinations, "evaluate_combinations", lambda path: figures(0.004))
    out = tmp_path / "figures.json"
    arguments = ["--corpus", str(tmp_path), "--only", "someone", "--json", str(out)]
    assert main(["evaluate", "combinations", *arguments]) == 0
    assert "1/1 someone" in capsys.readouterr().out
    (read,) = json.loads(out.read_text())
    assert read["collisions"][1] == {
        "combination": "smile + jawOpen",
        "weight": 1.0,
        "corrected": True,
        "teeth": 0.004,
        "lips": 0.0,
        "lids": None,
        "eyes": None,
    }
