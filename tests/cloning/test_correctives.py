"""Corrective keys in the user's own vertices, units and names, on the open head."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.channels import CHANNEL, ICT_NAMES
from backend.cloning.correctives import Corrective, find_correctives
from backend.cloning.result import Shapes
from backend.faces.open_head import load_open_head, open_head_mesh
from backend.geometry.mesh import PARTS, FaceMesh, face_mesh

PAIRS = {
    ("mouthSmileLeft", "jawOpen"),
    ("mouthSmileRight", "jawOpen"),
    ("mouthPucker", "jawOpen"),
    ("mouthFunnel", "mouthClose"),
    ("eyeBlinkLeft", "eyeSquintLeft"),
    ("eyeBlinkRight", "eyeSquintRight"),
}


@pytest.fixture(scope="module")
def correctives(open_head_shapes: Shapes) -> dict[str, Corrective]:
    return {one.name: one for one in find_correctives(open_head_mesh(), open_head_shapes)}


def size(field: np.ndarray) -> float:
    return float(np.linalg.norm(field, axis=1).max())


def test_they_belong_to_pairs_of_shapes_and_are_named_after_them(correctives):
    assert {one.of for one in correctives.values()} == PAIRS
    assert all(name == f"{one.of[0]}_{one.of[1]}_corrective" for name, one in correctives.items())


def test_they_are_small_and_local(correctives, open_head_shapes: Shapes):
    vertices = open_head_shapes.vertices
    for one in correctives.values():
        assert one.deltas.shape == vertices.shape
        assert one.deltas.dtype == np.float32
        assert 0.0003 < size(one.deltas) < 0.006
        middle = vertices[np.linalg.norm(one.deltas, axis=1).argmax()]
        far = np.linalg.norm(vertices - middle, axis=1) > 0.08
        assert not one.deltas[far].any()


def test_sides_stay_on_their_side(correctives):
    head = load_open_head()
    left, right = (correctives[f"mouthSmile{side}_jawOpen_corrective"].deltas for side in ("Left", "Right"))
    assert size(left[head.vertices[:, 0] < -0.01]) == 0
    assert size(left - right[head.mirror] * np.array([-1, 1, 1])) < 0.1 * size(left)


def test_lashes_follow_and_eyes_stay(correctives, open_head_shapes: Shapes):
    blink = correctives["eyeBlinkLeft_eyeSquintLeft_corrective"].deltas
    role = {name: open_head_shapes.parts == PARTS.index(name) for name in ("lashes", "eye_left", "teeth_lower")}
    assert size(blink[role["lashes"]]) > 0.2 * size(blink)
    assert not blink[role["eye_left"]].any()
    assert not blink[role["teeth_lower"]].any()


def test_frame_units_and_order_are_the_users(correctives, open_head_shapes: Shapes):
    """The same head in centimetres, lying down, its vertices shuffled, with ICT's names."""
    assert open_head_shapes.canonical is not None
    mesh, head = open_head_mesh(), load_open_head()
    turn = 100 * Rotation.from_euler("xy", [90, 30], degrees=True).as_matrix()
    order = np.random.default_rng(5).permutation(len(mesh.vertices))
    place = np.argsort(order)
    moved = (mesh.vertices @ turn.T + np.array([300, -20, 7])).astype(np.float32)[order]
    quads = np.where(head.quads >= 0, place[head.quads], -1)
    shuffled = face_mesh(moved, quads, mesh.objects[order], mesh.object_names)
    linear = np.linalg.inv(turn)
    to_canonical = np.eye(4)
    to_canonical[:3, :3], to_canonical[:3, 3] = linear, -linear @ [300, -20, 7]
    drawn = replace(
        open_head_shapes,
        vertices=moved,
        names=ICT_NAMES,
        deltas=(head.shapes[:53] @ turn.T).astype(np.float32)[:, order],
        parts=open_head_shapes.parts[order],
        canonical=open_head_shapes.canonical[order],
        canonical_from_file=to_canonical,
    )
    found = find_correctives(shuffled, drawn)
    assert {one.of for one in found} <= {(a, b) for a in ICT_NAMES for b in ICT_NAMES}
    for one in found:
        arkit = "_".join(str(CHANNEL[name].arkit) for name in one.of) + "_corrective"
        back = one.deltas[place] @ linear.T
        assert size(back - correctives[arkit].deltas) < 0.1 * size(back)
    assert len(found) == len(correctives)


def test_a_face_whose_keys_do_nothing_needs_none(open_head_shapes: Shapes):
    still = replace(open_head_shapes, deltas=np.zeros_like(open_head_shapes.deltas))
    assert find_correctives(open_head_mesh(), still) == ()


def test_shapes_that_do_not_say_where_the_skin_lies_are_an_error(open_head_shapes: Shapes):
    mesh: FaceMesh = open_head_mesh()
    with pytest.raises(ValueError, match="canonical"):
        find_correctives(mesh, replace(open_head_shapes, canonical=None))
