"""Heads of a few hundred vertices, and what is no head."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from backend.channels import ICT_NAMES
from backend.cloning import place
from backend.cloning.contours import LANDMARKS
from backend.cloning.model import WEIGHTS, cloning_network
from backend.cloning.place import COARSE, DOUBTFUL, place_head
from backend.cloning.shapes import build_shapes
from backend.errors import Refusal
from backend.faces.open_head import load_open_head, open_head_mesh
from backend.geometry.clean import CleanMesh, clean
from backend.geometry.closest import closest_points
from backend.geometry.decimate import decimate
from backend.geometry.mesh import FaceMesh, face_mesh
from backend.geometry.read import read_head
from backend.geometry.rounded import rounded
from backend.geometry.similarity import apply_transform
from backend.networks.cloning_net import CloningNet


def coarse(count: int) -> tuple[FaceMesh, np.ndarray]:
    """The open head decimated to about `count` vertices, and which of its vertices these are."""
    whole = clean(open_head_mesh())
    triangles, _ = decimate(whole.vertices.astype(np.float64), whole.triangles.astype(np.int64), count)
    used = np.unique(triangles)
    return face_mesh(whole.vertices[used], np.searchsorted(used, triangles)), whole.first_user[used]


def test_a_head_of_four_hundred_vertices_gets_its_own_shapes():
    mesh, which = coarse(400)
    shapes = build_shapes(mesh, "ict")
    assert shapes.confidence > 0.6
    assert "seen in pictures" in shapes.reasons[0]
    own = load_open_head().shapes[:, which]
    for name, least in (("jawOpen", 0.9), ("mouthSmile_L", 0.8), ("browDown_L", 0.7), ("mouthPucker", 0.7)):
        k = ICT_NAMES.index(name)
        found, wanted = shapes.deltas[k].ravel(), own[k].ravel()
        assert found @ wanted / np.sqrt((found @ found) * (wanted @ wanted)) > least, name


def test_landmarks_lie_on_the_mesh_itself_and_not_on_the_rounded_one():
    mesh = clean(coarse(400)[0])
    found = place_head(mesh, cloning_network("cpu", WEIGHTS))
    assert found.landmarks is not None
    seen = found.landmarks[np.isfinite(found.landmarks).all(1)]
    placed = apply_transform(found.canonical_from_mesh, mesh.vertices)
    assert len(seen) > 400
    assert closest_points(seen, placed, mesh.triangles)[2].max() < 1e-5


def test_the_monkey_is_placed_by_its_sockets_and_the_slit_of_its_mouth(corpus: Path):
    mesh = clean(read_head(corpus / "dev" / "suzanne" / "suzanne.obj"))
    assert len(mesh.vertices) < COARSE
    found = place_head(mesh, cloning_network("cpu", WEIGHTS))
    assert found.by_openings
    assert found.landmarks is not None
    upper, lower = (found.landmarks[list(numbers)] for numbers in LANDMARKS["mouth"])
    eyes = [found.landmarks[list(LANDMARKS[name][0])].mean(0) for name in ("eye_left", "eye_right")]
    apart = float(np.linalg.norm(eyes[0] - eyes[1]))
    width = float(np.linalg.norm(upper[-1] - upper[0]))
    # the slit is a quarter as wide as the eyes are apart, the muzzle around it three quarters
    assert 0.2 < width / apart < 0.4
    assert np.abs(np.concatenate([upper, lower])[:, 0].mean()) < 0.25 * width


@pytest.mark.parametrize(("finer", "looked_at"), [(2, ["round"]), (4, ["given", "round"]), (5, ["given"])])
def test_which_body_is_looked_at_depends_on_the_resolution(
    monkeypatch: pytest.MonkeyPatch, finer: int, looked_at: list[str]
):
    ball = trimesh.creation.icosphere(subdivisions=finer)
    dented = ball.vertices * (1 + 0.3 * np.sin(6 * ball.vertices[:, :1]))
    mesh = clean(face_mesh(dented, np.asarray(ball.faces)))
    assert (len(mesh.vertices) < COARSE, len(mesh.vertices) < DOUBTFUL) == (
        "given" not in looked_at,
        "round" in looked_at,
    )
    looked: list[str] = []
    steps: list[float] = []

    def nothing(given: CleanMesh, *rest: object) -> None:
        looked.append("given" if len(given.vertices) == len(mesh.vertices) else "round")
        for step in rest:
            if callable(step) and not isinstance(step, CloningNet):
                for share in (0.0, 0.5, 1.0):
                    step(share, "")

    for way in ("by_sight", "by_openings", "by_feel"):
        monkeypatch.setattr(place, way, nothing)
    with pytest.raises(Refusal):
        place_head(mesh, cloning_network("cpu", WEIGHTS), lambda share, text: steps.append(share))
    # each body by sight and by its openings, then the first from all sides and by feel
    assert looked == [body for body in looked_at for _ in range(2)] + 2 * looked_at[:1]
    assert steps == sorted(steps)
    assert steps[-1] == 1.0


@pytest.mark.parametrize("name", ["cube", "ball", "plane"])
def test_what_is_smooth_all_over_is_refused_at_once(monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setattr(place, "by_sight", None)
    if name == "plane":
        x, y = np.meshgrid(np.arange(20.0), np.arange(20.0))
        corners = np.arange(400).reshape(20, 20)
        faces = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=-1)
        mesh = face_mesh(np.column_stack([x.ravel(), y.ravel(), np.zeros(400)]), faces.reshape(-1, 4))
    else:
        solid = trimesh.creation.box() if name == "cube" else trimesh.creation.icosphere(subdivisions=3)
        mesh = face_mesh(np.asarray(solid.vertices), np.asarray(solid.faces))
    with pytest.raises(Refusal, match="smooth all over") as refusal:
        build_shapes(mesh)
    assert refusal.value.code == "no-face"


def test_a_mesh_of_nothing_is_refused():
    with pytest.raises(Refusal) as refusal:
        build_shapes(face_mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64)))
    assert refusal.value.code == "no-faces"


@pytest.mark.parametrize("name", ["hand", "body"])
def test_bodies_without_a_face_are_refused(corpus: Path, name: str):
    figure = clean(read_head(corpus / "dev" / "mhr_body" / "character.npz"))
    (x, y, _), low, high = figure.vertices.T, figure.vertices.min(0), figure.vertices.max(0)
    kept = x > high[0] - 0.115 * (high - low)[0] if name == "hand" else y < low[1] + 0.8 * (high - low)[1]
    triangles = figure.triangles[kept[figure.triangles].all(1)]
    if name == "body":
        triangles, _ = decimate(figure.vertices.astype(np.float64), triangles.astype(np.int64), 3500)
    used = np.unique(triangles)
    with pytest.raises(Refusal, match="neither pictures from all sides nor its shape show one") as refusal:
        build_shapes(face_mesh(figure.vertices[used], np.searchsorted(used, triangles)))
    assert refusal.value.code == "no-face"


def test_the_monkey_subdivided_is_placed_by_its_openings_too(corpus: Path):
    """The slit of its mouth is smoothed away but for a crease, which is no less hidden than its surroundings."""
    mesh = clean(read_head(corpus / "dev" / "suzanne" / "suzanne.obj"))
    body = rounded(mesh, 1000).mesh
    assert COARSE < len(body.vertices) < DOUBTFUL
    found = place_head(body, cloning_network("cpu", WEIGHTS))
    assert found.by_openings
    assert found.confidence > 0.2
