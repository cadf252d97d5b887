"""The way of NFS's shapes from and to the user's mesh; what its networks compute is tested beside them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import KDTree

from backend.__main__ import main
from backend.channels import ARKIT_NAMES, ICT_NAMES
from backend.cloning.result import Shapes
from backend.errors import Refusal
from backend.evaluation import nfs
from backend.evaluation.nfs import nfs_shapes
from backend.evaluation.shapes import evaluate_character
from backend.evaluation.table import table
from backend.faces.open_head import load_open_head, open_head_mesh
from backend.geometry.mesh import PARTS, FaceMesh

TURN = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], np.float64)
SCALE, SHIFT = 40.0, np.array([3.0, -7.0, 100.0])


@pytest.fixture(scope="module")
def placed() -> tuple[FaceMesh, Shapes]:
    """The open head lying somewhere, forty times its size, with the alignment that takes it back."""
    head = load_open_head()
    mesh = open_head_mesh()
    vertices = (SCALE * mesh.vertices @ TURN.T + SHIFT).astype(np.float32)
    canonical = np.eye(4)
    canonical[:3, :3] = TURN.T / SCALE
    canonical[:3, 3] = -canonical[:3, :3] @ SHIFT
    given = Shapes(vertices, (), np.zeros((0, 0, 3)), head.parts.astype(np.int8), 1.0, (), canonical, (), "test")
    return FaceMesh(vertices, mesh.corners, mesh.sizes, mesh.objects, mesh.object_names), given


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """Puts a network in place that moves channel number k by k hundredths of a unit along z, and a ninth part of it
    along x times the vertex's x; keeps the head that it was given."""
    kept: dict[str, np.ndarray] = {}

    def prepare_head(checkpoint, vertices, triangles):
        kept.update(vertices=vertices, triangles=triangles)

    def unit_shapes(checkpoint, head):
        size = np.arange(len(ICT_NAMES))[:, None] / 100
        still = 0 * size * kept["vertices"][None, :, 1]
        return np.stack([size / 9 * kept["vertices"][:, 0], still, size + still], axis=-1).astype(np.float32)

    monkeypatch.setattr(nfs, "prepare_head", prepare_head)
    monkeypatch.setattr(nfs, "unit_shapes", unit_shapes)
    return kept


def test_the_network_sees_one_skin_in_its_own_frame_and_units(placed, seen):
    mesh, given = placed
    nfs_shapes(None, mesh, given)  # type: ignore[arg-type]
    skin = load_open_head().vertices[given.parts == PARTS.index("skin")]
    assert len(seen["vertices"]) > 0.9 * len(skin)
    distance, _ = KDTree(skin * 10.0 + [0, 0, -0.5]).query(seen["vertices"])
    assert distance.max() < 1e-3
    assert seen["triangles"].max() == len(seen["vertices"]) - 1


def test_displacements_come_back_in_the_users_frame_order_and_names(placed, seen):
    mesh, given = placed
    deltas = nfs_shapes(None, mesh, given)  # type: ignore[arg-type]
    assert deltas.shape == (52, len(mesh.vertices), 3)
    number = {name: k for k, name in enumerate(ICT_NAMES)}
    along = {
        "jawOpen": number["jawOpen"],
        "eyeBlinkRight": number["eyeBlink_R"],
        "browInnerUp": number["browInnerUp_L"] + number["browInnerUp_R"],
        "cheekPuff": number["cheekPuff_L"] + number["cheekPuff_R"],
        "tongueOut": 0,
    }
    skin = given.parts == PARTS.index("skin")
    moved = skin & (np.abs(deltas[ARKIT_NAMES.index("jawOpen")]).max(1) > 0)
    assert moved.sum() > 0.9 * skin.sum()
    x = load_open_head().vertices[:, 0] * 10
    for name, k in along.items():
        # a unit is 10 cm: hundredths of it are millimetres in the canonical frame
        expected = np.stack([k / 9 * x, 0 * x, np.full(len(x), float(k))], axis=1) * 0.001 @ (SCALE * TURN).T
        assert np.abs(deltas[ARKIT_NAMES.index(name)][moved] - expected[moved]).max() < 2e-5 * SCALE
    assert not deltas[:, given.parts == PARTS.index("eye_left")].any()
    assert not deltas[:, given.parts == PARTS.index("tongue")].any()


def test_an_alignment_that_leaves_no_skin_is_refused(placed, seen):
    mesh, given = placed
    away = given.canonical_from_file.copy()
    away[:3, 3] += 10
    with pytest.raises(Refusal, match="No skin"):
        nfs_shapes(None, mesh, replace(given, canonical_from_file=away))  # type: ignore[arg-type]


def refuse(path: Path) -> Shapes:
    raise Refusal("no-face", "No face was found.", "Select the head.")


def test_the_evaluation_has_it_beside_ours(placed, seen, tmp_path: Path):
    mesh, given = placed
    deltas = nfs_shapes(None, mesh, given)  # type: ignore[arg-type]
    path = tmp_path / "somebody" / "character.npz"
    path.parent.mkdir()
    np.savez(
        path,
        vertices=mesh.vertices,
        faces=load_open_head().quads,
        object_id=mesh.objects,
        objects=np.array(mesh.object_names),
        head_objects=np.array([0]),
        key_names=np.array(["jawOpen"]),
        key_deltas=deltas[[ARKIT_NAMES.index("jawOpen")]] / 2,
    )
    still = replace(given, names=ARKIT_NAMES, deltas=0 * deltas)
    evaluation = evaluate_character(path, None, lambda _: still, nfs=object())  # type: ignore[arg-type]
    (channel,) = evaluation.baselines["nfs"].channels
    assert channel.name == "jawOpen"
    assert channel.cosine == pytest.approx(1.0, abs=1e-6)
    assert channel.strength == pytest.approx(2.0, rel=1e-5)
    heading, row = table([evaluation]).splitlines()[:2]
    assert heading.split()[3:5] == ["cos", "nfs"]
    assert row.split()[3:5] == ["0.000", "1.000"]
    refused = evaluate_character(path, None, refuse, nfs=object())  # type: ignore[arg-type]
    assert refused.baselines["nfs"].summary is None
    assert table([refused]).splitlines()[1].split()[3:5] == ["-", "-"]


def test_the_verb_refuses_a_folder_without_a_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "somebody").mkdir()
    (tmp_path / "somebody" / "character.npz").touch()
    arguments = ["evaluate", "shapes", "--corpus", str(tmp_path), "--baselines", "", "--nfs", str(tmp_path)]
    assert main(arguments) == 2
    assert "no model_best.pth" in capsys.readouterr().err
