"""Figures of parts on made-up eyes, jaws and riders whose faults are known."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from backend.__main__ import main
from backend.cloning.attach import look_rotation
from backend.cloning.result import Shapes
from backend.errors import Refusal
from backend.evaluation import parts
from backend.evaluation.parts import (
    JawFigure,
    PartsEvaluation,
    Posed,
    RiderFigure,
    evaluate_parts,
    eye_figures,
    jaw_figure,
    rider_figures,
)
from backend.evaluation.parts_table import table
from backend.geometry.mesh import PARTS, FaceMesh

NAMES = ("eyeLookUpLeft", "eyeLookOutLeft", "eyeBlinkLeft", "jawOpen", "jawForward", "jawLeft", "jawRight")
RADIUS = 0.012
CENTER = np.array([0.03, 0.03, 0.07])


def posed(points: np.ndarray, triangles: np.ndarray, roles: np.ndarray, **moved: np.ndarray) -> Posed:
    """A character whose keys are still, but for those given."""
    keys = [moved.get(name, np.zeros_like(points)) for name in NAMES]
    return Posed(points, triangles, np.zeros(len(points), int), roles, np.array(keys), NAMES)


def ball() -> tuple[np.ndarray, np.ndarray]:
    sphere = trimesh.creation.icosphere(subdivisions=2, radius=RADIUS)
    return sphere.vertices + CENTER, np.asarray(sphere.faces)


def turned(points: np.ndarray, channel: str, center: np.ndarray = CENTER) -> np.ndarray:
    rotation = look_rotation(channel)
    assert rotation is not None
    return (points - center) @ rotation.T + center - points


def of_eye(**moved: np.ndarray) -> parts.EyeFigure:
    points, triangles = ball()
    looks = {"eyeLookUpLeft": turned(points, "eyeLookUp_L"), "eyeLookOutLeft": turned(points, "eyeLookOut_L")}
    (figure,) = eye_figures(posed(points, triangles, np.full(len(points), PARTS.index("eye_left")), **looks | moved))
    return figure


def test_an_eye_that_turns_about_its_centre_has_no_fault():
    figure = of_eye()
    assert figure.radius == pytest.approx(RADIUS)
    assert figure.off_centre is not None
    assert max(figure.residual, figure.off_centre, figure.stray) < 1e-6
    assert figure.degrees == pytest.approx((25.0, 30.0))


def test_an_eye_that_turns_about_another_point_is_off_centre():
    points, _ = ball()
    shift = np.array([0.0, 0.0, 0.002])
    figure = of_eye(eyeLookUpLeft=turned(points, "eyeLookUp_L", CENTER - shift))
    assert figure.residual < 1e-6
    assert figure.off_centre == pytest.approx(2 * np.sin(np.radians(12.5)) * 0.002 / RADIUS, rel=1e-3)


def test_an_eye_that_bends_or_moves_in_a_blink_is_told():
    points, _ = ball()
    bent = turned(points, "eyeLookUp_L")
    bent[7] += [0.0, 0.0, 0.0012]
    assert of_eye(eyeLookUpLeft=bent).residual == pytest.approx(0.1, rel=0.05)
    blink = np.zeros_like(points)
    blink[3, 1] = -0.0006
    assert of_eye(eyeBlinkLeft=blink).stray == pytest.approx(0.05)


def test_a_painted_eye_has_no_centre():
    points, triangles = ball()
    disc = points * [1, 1, 0.05]
    (figure,) = eye_figures(posed(disc, triangles, np.full(len(disc), PARTS.index("eye_left"))))
    assert figure.off_centre is None


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two rows of teeth, 40 vertices each, that are one surface at their ends: points, triangles, roles."""
    x, y = np.meshgrid(np.linspace(-0.02, 0.02, 10), np.linspace(-0.05, -0.02, 8))
    points = np.column_stack([x.ravel(), y.ravel(), 0.09 - 10 * x.ravel() ** 2])
    corner = (np.arange(7)[:, None] * 10 + np.arange(9)).ravel()
    triangles = np.stack([corner, corner + 1, corner + 11], axis=1)
    between = (corner // 10 == 3) & (corner % 10 < 8)
    roles = np.where(points[:, 1] > -0.035, PARTS.index("teeth_upper"), PARTS.index("teeth_lower"))
    return points, triangles[~between], roles


def test_a_jaw_is_measured_against_one_rigid_motion(rows):
    points, triangles, roles = rows
    lower = roles == PARTS.index("teeth_lower")
    turn = Rotation.from_euler("x", 15, degrees=True).as_matrix()
    opened = (points @ turn.T - points) * lower[:, None]
    figure = jaw_figure(posed(points, triangles, roles, jawOpen=opened))
    assert figure.residual is not None and figure.residual < 1e-9
    assert figure.travel == pytest.approx(np.linalg.norm(opened, axis=1)[:30].max())
    assert figure.upper == 0.0
    opened[2] += [0.0, 0.003, 0.0]
    opened[75] += [0.0, 0.0, 0.004]
    figure = jaw_figure(posed(points, triangles, roles, jawOpen=opened))
    assert figure.residual == pytest.approx(0.003, rel=0.15)
    assert figure.upper == pytest.approx(0.004)


def test_the_lining_between_both_rows_takes_no_part(rows):
    points, triangles, roles = rows
    stretched = np.zeros_like(points)
    stretched[[39, 49]] = [0.0, -0.005, 0.0]
    figure = jaw_figure(posed(points, triangles, roles, jawOpen=stretched))
    assert figure.residual is not None and figure.residual < 1e-9
    assert figure.upper == 0.0


def test_no_jaw_no_figure():
    points, triangles = ball()
    assert jaw_figure(posed(points, triangles, np.zeros(len(points), int))) == JawFigure(None, None, None)


def lids(gap: float, **moved: np.ndarray) -> Posed:
    """An upper and a lower lid, flat, `gap` apart in depth, and brows 1 and 2 mm over the upper one."""
    x, y = np.meshgrid(np.linspace(-0.02, 0.02, 11), np.linspace(-0.01, 0.01, 6))
    sheet = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)])
    corner = (np.arange(5)[:, None] * 11 + np.arange(10)).ravel()
    faces = np.concatenate(
        [np.stack([corner, corner + 1, corner + 12], axis=1), np.stack([corner, corner + 12, corner + 11], axis=1)]
    )
    hair = np.array([[0.0, 0.0, 0.001], [0.004, 0.0, 0.002], [-0.004, 0.002, 0.001]])
    points = np.concatenate([sheet, sheet + np.array([0, 0, gap]), hair])
    triangles = np.concatenate([faces, faces + len(sheet), [[132, 133, 134]]])
    roles = np.full(len(points), PARTS.index("skin"))
    roles[-3:] = PARTS.index("brows")
    full = {name: np.pad(field, ((0, len(points) - len(field)), (0, 0))) for name, field in moved.items()}
    return posed(points, triangles, roles, **full)


def brows(scene: Posed) -> RiderFigure:
    (figure,) = rider_figures(scene, 0.001)
    return figure


def test_riders_that_go_with_the_skin_keep_their_distance():
    shift = np.broadcast_to([0.001, 0.002, 0.003], (135, 3)).copy()
    figure = brows(lids(0.05, jawOpen=shift))
    assert (figure.name, figure.vertices, figure.kept, figure.buried) == ("brows", 3, 1.0, 0.0)
    assert figure.change < 1e-6


def test_riders_that_stay_behind_are_told_by_how_much_and_where():
    shift = np.zeros((135, 3))
    shift[132:, 2] = [0.0003, 0.00005, 0.00001]
    figure = brows(lids(0.05, jawOpen=shift))
    assert figure.change == pytest.approx(0.3)
    assert figure.worst == "jawOpen"
    assert figure.kept == pytest.approx(2 / 3)
    shift[132, 2] = -0.0015
    assert brows(lids(0.05, jawOpen=shift)).buried == pytest.approx(1 / 3)


def test_other_skin_that_comes_near_is_not_what_they_ride_on():
    """The other lid closes to half a millimetre over the hairs."""
    closing = np.zeros((135, 3))
    closing[66:132, 2] = -0.0275
    closing[132:] = [1e-9, 0.0, 0.0]
    assert brows(lids(0.03, jawOpen=closing)).change < 1e-3


@pytest.fixture
def file(tmp_path: Path, open_head_shapes: Shapes) -> Path:
    """The open head's vertices as the parts of a character's file; what it is built into is up to the test."""
    path = tmp_path / "someone" / "character.npz"
    path.parent.mkdir()
    objects = (open_head_shapes.parts == PARTS.index("eye_left")).astype(np.int32)
    faces = np.arange(len(objects) // 3 * 3).reshape(-1, 3)
    np.savez(
        path, vertices=open_head_shapes.vertices, faces=faces, object_id=objects, objects=np.array(["head", "eye"])
    )
    return path


def test_one_mesh_is_compared_with_separate_objects(file: Path, open_head_shapes: Shapes):
    def build(mesh: FaceMesh) -> Shapes:
        one = len(mesh.object_names) == 1
        return replace(open_head_shapes, deltas=(1.1 if one else 1.0) * open_head_shapes.deltas)

    figure = evaluate_parts(file, build)
    assert figure.name == "someone"
    assert figure.merged == pytest.approx(0.1, rel=1e-3)
    assert figure.merged_roles == 1.0


def refuse(mesh: FaceMesh) -> Shapes:
    raise Refusal("no-face", "No face was found.", "Select the head.")


def test_a_refusal_is_a_result(file: Path):
    figure = evaluate_parts(file, refuse)
    assert figure.refusal == "No face was found. Select the head."
    assert figure.eyes == () and figure.merged is None


FIGURE = PartsEvaluation(
    "someone",
    (parts.EyeFigure("eye_left", 0.012, 0.004, None, (25.0, 30.0), 0.0), of_eye()),
    JawFigure(0.0004, 0.04, 0.0),
    (RiderFigure("lashes", 40, 0.041, 0.975, "eyeBlinkLeft", 0.0),),
    0.047,
    0.99,
    "",
)


def test_the_table_has_a_row_for_each_and_the_targets():
    refused = PartsEvaluation("cube", (), JawFigure(None, None, None), (), None, None, "No face was found.")
    lines = [line.split() for line in table([FIGURE, refused]).splitlines()]
    assert lines[1] == ["someone", "0.4", "0.0", "0.0", "1.0", "0.0", "4.1", "(98)", "-", "-", "4.7"]
    assert lines[2] == ["cube", *["-"] * 9]
    assert lines[3][0] == "target"
    assert "cube refused: No face was found." in table([FIGURE, refused])


def test_the_command_prints_and_writes(tmp_path: Path, file: Path, monkeypatch, capsys):
    monkeypatch.setattr(parts, "evaluate_parts", lambda path: FIGURE)
    out = tmp_path / "figures.json"
    assert main(["evaluate", "parts", "--corpus", str(tmp_path), "--json", str(out)]) == 0
    assert "1/1 someone" in capsys.readouterr().out
    (read,) = json.loads(out.read_text())
    assert read["jaw"]["travel"] == 0.04
    assert read["riders"][0]["kept"] == 0.975
