"""Heads of a few hundred vertices, and what is no head."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from backend.channels import ICT_NAMES
from backend.cloning import place
from backend.cloning.align import Alignment
from backend.cloning.contours import LANDMARKS
from backend.cloning.model import WEIGHTS, cloning_network
from backend.cloning.place import COARSE, DOUBTFUL, place_head
from backend.cloning.shapes import build_shapes
from backend.errors import Progress, Refusal
from backend.faces.open_head import load_open_head, open_head_mesh
from backend.geometry.clean import CleanMesh, clean
from backend.geometry.closest import closest_points
from backend.geometry.decimate import decimate
from backend.geometry.mesh import FaceMesh, face_mesh
from backend.geometry.read import read_head
from backend.geometry.similarity import apply_transform


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


@pytest.mark.parametrize(("finer", "tried"), [(2, ["round"]), (4, ["given", "round"]), (5, ["given"])])
def test_how_often_is_looked_depends_on_the_resolution(monkeypatch: pytest.MonkeyPatch, finer: int, tried: list[str]):
    ball = trimesh.creation.icosphere(subdivisions=finer)
    mesh = clean(face_mesh(np.asarray(ball.vertices), np.asarray(ball.faces)))
    assert (len(mesh.vertices) < COARSE, len(mesh.vertices) < DOUBTFUL) == ("given" not in tried, "round" in tried)
    looked: list[str] = []
    steps: list[float] = []

    def nothing_found(given: CleanMesh, _network: object, progress: Progress, *_rest: object) -> Alignment:
        looked.append("given" if len(given.vertices) == len(mesh.vertices) else "round")
        for share in (0.0, 0.5, 1.0):
            progress(share, "")
        raise Refusal("no-face", "None.", "None.")

    monkeypatch.setattr(place, "align", nothing_found)
    with pytest.raises(Refusal):
        place_head(mesh, cloning_network("cpu", WEIGHTS), lambda share, text: steps.append(share))
    assert looked == tried
    assert steps == sorted(steps)
    assert steps[-1] == 1.0
