"""The main job on the open head, turned, scaled, shuffled; and on what has no face."""

import numpy as np
import pytest
import trimesh

from backend.channels import ARKIT_NAMES, ICT_NAMES
from backend.cloning.shapes import Shapes, build_shapes
from backend.errors import Cancelled
from backend.faces.open_head import load_open_head, open_head_mesh
from backend.geometry.mesh import PARTS, FaceMesh, face_mesh

TURN = trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0])[:3, :3]
"""From y up to Blender's z up."""


@pytest.fixture(scope="module")
def upright() -> Shapes:
    return build_shapes(open_head_mesh(), "ict")


def moved(mesh: FaceMesh, linear: np.ndarray, shift: np.ndarray) -> FaceMesh:
    vertices = mesh.vertices @ linear.T.astype(np.float32) + shift.astype(np.float32)
    return FaceMesh(vertices, mesh.corners, mesh.sizes, mesh.objects, mesh.object_names)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


def test_the_open_head_gets_its_own_shapes_back(upright: Shapes):
    head = load_open_head()
    skin = head.parts == PARTS.index("skin")
    assert upright.names == ICT_NAMES
    assert upright.deltas.dtype == np.float32
    assert upright.deltas.shape == (53, len(head.vertices), 3)
    cosines = [cosine(upright.deltas[k][skin], head.shapes[k][skin]) for k in range(53)]
    # what training teaches is the common part of two artists, of which ICT's is one
    assert np.mean(cosines) > 0.8
    assert cosine(upright.deltas[ICT_NAMES.index("jawOpen")][skin], head.shapes[ICT_NAMES.index("jawOpen")][skin]) > 0.9
    assert upright.confidence > 0.6
    assert len(upright.reasons) >= 2


def test_its_parts_are_recognised_and_move_as_parts(upright: Shapes):
    head = load_open_head()
    for part in ("eye_left", "eye_right"):
        assert (upright.parts[head.parts == PARTS.index(part)] == PARTS.index(part)).mean() > 0.95
    left = head.parts == PARTS.index("eye_left")
    look = upright.deltas[ICT_NAMES.index("eyeLookUp_L")][left].astype(np.float64)
    before, after = head.vertices[left] - head.eye_centers[0], head.vertices[left] + look - head.eye_centers[0]
    radius = np.linalg.norm(before, axis=1)
    assert np.abs(np.linalg.norm(after, axis=1) - radius).max() < 0.03 * head.eye_radii[0]
    assert look[np.argmax(before[:, 2]), 1] > 0.3 * head.eye_radii[0]
    assert np.abs(upright.deltas[ICT_NAMES.index("mouthSmile_L")][left]).max() == 0.0


def test_eyes_close_and_lips_meet(upright: Shapes):
    for figure in upright.seals:
        assert figure.state == "sealed"
        assert figure.gap_after is not None
        assert figure.gap_after <= 0.03
        assert figure.crossing is not None
        assert figure.crossing <= 0.01


def test_the_border_of_the_neck_stays(upright: Shapes):
    vertices = load_open_head().vertices
    lowest = vertices[:, 1] < vertices[:, 1].min() + 0.005
    height = np.ptp(vertices[:, 1])
    assert lowest.sum() > 5
    assert np.abs(upright.deltas[:, lowest]).max() < 1e-3 * height


def test_left_and_right_mirror_each_other(upright: Shapes):
    head = load_open_head()
    left, right = (upright.deltas[ICT_NAMES.index(f"mouthSmile_{side}")] for side in "LR")
    mirrored = right[head.mirror] * [-1, 1, 1]
    skin = head.parts == PARTS.index("skin")
    off = np.linalg.norm(left - mirrored, axis=1)[skin]
    assert np.sqrt((off**2).mean()) < 0.1 * np.sqrt((left[skin] ** 2).sum(1).mean())


@pytest.mark.parametrize(("scale", "yaw"), [(100.0, 0.0), (0.01, 2.5)])
def test_frame_and_units_do_not_matter(upright: Shapes, scale: float, yaw: float):
    turn = trimesh.transformations.rotation_matrix(yaw, [0, 0, 1])[:3, :3] @ TURN
    mesh = moved(open_head_mesh(), scale * turn, scale * np.array([3.0, -2.0, 1.5]))
    result = build_shapes(mesh, "ict")
    back = np.einsum("ij,kni->knj", turn, result.deltas) / scale
    size = np.linalg.norm(upright.deltas, axis=2).max(1)
    off = np.linalg.norm(back - upright.deltas, axis=2).max(1) / size
    assert np.median(off) < 0.15
    placed = mesh.vertices @ result.canonical_from_file[:3, :3].T + result.canonical_from_file[:3, 3]
    assert np.linalg.norm(placed - load_open_head().vertices, axis=1).mean() < 0.006


def test_arkit_names_in_apples_order_for_shuffled_vertices(upright: Shapes):
    head = load_open_head()
    order = np.random.default_rng(1).permutation(len(head.vertices))
    number = np.argsort(order)
    quads = np.where(head.quads >= 0, number[head.quads], -1)
    result = build_shapes(face_mesh(head.vertices[order], quads))
    assert result.names == ARKIT_NAMES
    puff = sum(upright.deltas[ICT_NAMES.index(f"cheekPuff_{side}")] for side in "LR")
    shuffled = result.deltas[ARKIT_NAMES.index("cheekPuff")]
    assert cosine(shuffled, puff[order]) > 0.97


def test_a_cancel_is_heard():
    def progress(fraction: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        build_shapes(open_head_mesh(), progress=progress)
