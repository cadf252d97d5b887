"""The open head that is shipped: its size, its symmetry, and that lids and lips close."""

from itertools import pairwise

import numpy as np
import pytest

from backend.channels import CHANNEL, FACE_NAMES
from backend.faces.open_head import WEIGHTS, OpenHead, load_open_head, open_head_mesh
from backend.geometry.mesh import PARTS
from backend.geometry.polyline import height_gap

FORWARD, UP = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return load_open_head()


def shape(head: OpenHead, *names: str) -> np.ndarray:
    """(V, 3) the mean head with shapes at full strength."""
    return head.posed(np.isin(FACE_NAMES, names).astype(np.float32)).astype(np.float64)


def gap(head: OpenHead, posed: np.ndarray, opening: str) -> np.ndarray:
    """Millimetres between the upper and the lower rim of an opening."""
    return 1000 * height_gap(posed[head.loops[f"{opening}_upper"]], posed[head.loops[f"{opening}_lower"]], UP, FORWARD)


def test_size_and_parts(head: OpenHead) -> None:
    assert WEIGHTS.stat().st_size < 6e6
    assert 4000 <= len(head.vertices) <= 8000
    assert head.identity.shape == (100, len(head.vertices), 3)
    assert head.shapes.shape == (54, len(head.vertices), 3)
    counts = {name: int((head.parts == number).sum()) for number, name in enumerate(PARTS)}
    assert counts["skin"] > 4000 and counts["eye_left"] == counts["eye_right"] > 200
    assert min(counts[name] for name in ("teeth_upper", "teeth_lower", "tongue", "lashes")) > 50
    for array in (head.vertices, head.uv, head.identity, head.shapes, head.eye_centers, head.landmark_weights):
        assert np.isfinite(array).all()


def test_faces_are_quads_in_one_manifold_skin(head: OpenHead) -> None:
    skin = head.quads[head.parts[head.quads[:, 0]] == PARTS.index("skin")]
    assert (skin >= 0).all()
    assert (head.quads[:, 3] < 0).mean() < 0.02
    assert all(len(set(face[face >= 0])) == (face >= 0).sum() for face in head.quads)
    directed = np.concatenate([skin[:, [slot, (slot + 1) % 4]] for slot in range(4)])
    assert len(np.unique(directed, axis=0)) == len(directed)
    valence = np.bincount(np.unique(np.sort(directed, axis=1), axis=0).ravel())
    assert (valence[valence > 0] == 4).mean() > 0.9
    assert np.array_equal(np.unique(head.quads[head.quads >= 0]), np.arange(len(head.vertices)))


def test_normals_point_outwards(head: OpenHead) -> None:
    corners = head.vertices[head.quads[head.quads[:, 3] >= 0]]
    normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    parts = head.parts[head.quads[head.quads[:, 3] >= 0][:, 0]]
    for number, center in zip((1, 2), head.eye_centers, strict=True):
        own = parts == number
        assert ((corners[own].mean(1) - center) * normals[own]).sum(1).min() > 0
    skin = parts == 0
    tip = corners[skin].mean(1)[:, 2].argmax()
    assert normals[skin][tip, 2] > 0


def test_texture_coordinates(head: OpenHead) -> None:
    assert head.face_uv.shape == head.quads.shape
    assert np.array_equal(head.face_uv < 0, head.quads < 0)
    assert head.uv.min() >= 0 and head.uv.max() <= 1
    quads = head.quads[:, 3] >= 0
    corners = head.uv[head.face_uv[quads]]
    diagonal = corners[:, 2:] - corners[:, :2]
    area = np.abs(diagonal[:, 0, 0] * diagonal[:, 1, 1] - diagonal[:, 0, 1] * diagonal[:, 1, 0]) / 2
    assert (area > 1e-9).mean() > 0.99
    assert area.sum() < 1


def test_left_is_the_mirror_image_of_right(head: OpenHead) -> None:
    assert np.array_equal(head.mirror[head.mirror], np.arange(len(head.mirror)))
    flip = np.array([-1, 1, 1])
    assert np.abs(head.vertices[head.mirror] * flip - head.vertices).max() < 2e-4
    for name, field in zip(FACE_NAMES, head.shapes, strict=True):
        twin = head.shapes[FACE_NAMES.index(CHANNEL[name].mirror)]
        assert np.abs(twin[head.mirror] * flip - field).max() < 2e-4, name


def test_sides_move_on_their_own_side(head: OpenHead) -> None:
    for name in ("eyeBlink", "mouthSmile", "browDown", "noseSneer"):
        motion = np.linalg.norm(head.shapes[FACE_NAMES.index(f"{name}_L")], axis=1)
        assert (motion * head.vertices[:, 0]).sum() / motion.sum() > 0.01


def test_loops_run_along_edges_from_right_to_left(head: OpenHead) -> None:
    edges = {frozenset(pair) for face in head.quads for pair in pairwise([*face, face[0]])}
    for opening in ("eye_left", "eye_right", "mouth"):
        upper, lower = head.loops[f"{opening}_upper"], head.loops[f"{opening}_lower"]
        assert upper[0] == lower[0] and upper[-1] == lower[-1]
        for chain in (upper, lower):
            assert all(frozenset(pair) in edges for pair in pairwise(chain.tolist()))
            assert head.vertices[chain[0], 0] < head.vertices[chain[-1], 0]
        middle = [head.vertices[chain[len(chain) // 2], 1] for chain in (upper, lower)]
        assert middle[0] > middle[1]


@pytest.mark.parametrize(("side", "opening"), [("L", "eye_left"), ("R", "eye_right")])
def test_a_blink_closes(head: OpenHead, side: str, opening: str) -> None:
    assert gap(head, head.vertices, opening).max() > 8
    closed = gap(head, shape(head, f"eyeBlink_{side}"), opening)
    assert np.abs(closed).max() < 0.25


def test_closed_lids_lie_outside_the_eyeball(head: OpenHead) -> None:
    posed = shape(head, "eyeBlink_L")
    lids = np.concatenate([head.loops["eye_left_upper"], head.loops["eye_left_lower"]])
    ball = head.vertices[head.parts == PARTS.index("eye_left")]
    center = head.eye_centers[0]
    ray = posed[lids] - center
    toward = (ball - center) / np.linalg.norm(ball - center, axis=1, keepdims=True)
    nearest = (ray @ toward.T).argmax(1)
    assert (np.linalg.norm(ray, axis=1) - np.linalg.norm(ball[nearest] - center, axis=1)).min() > 2e-4


def test_lips_meet_under_an_open_jaw(head: OpenHead) -> None:
    assert gap(head, shape(head, "jawOpen"), "mouth").max() > 20
    rest, closed = gap(head, head.vertices, "mouth"), gap(head, shape(head, "jawOpen", "mouthClose"), "mouth")
    assert np.abs(closed).max() < 0.25 and rest.max() < 1


def test_jaw_carries_teeth_and_tongue_and_eyes_stay(head: OpenHead) -> None:
    jaw = np.linalg.norm(head.shapes[FACE_NAMES.index("jawOpen")], axis=1)
    part = {name: head.parts == PARTS.index(name) for name in PARTS}
    assert jaw[part["teeth_lower"]].min() > 0 and np.median(jaw[part["tongue"]]) > 0.01
    assert jaw[part["teeth_upper"]].max() < 0.002
    assert np.abs(head.shapes[:, part["eye_left"] | part["eye_right"]]).max() == 0


def test_the_tongue_comes_out_between_the_lips_and_down(head: OpenHead) -> None:
    tongue = head.parts == PARTS.index("tongue")
    lips = head.vertices[head.loops["mouth_upper"], 2].max()
    out = shape(head, "tongueOut")
    assert head.vertices[tongue, 2].max() < lips - 0.01
    tip = np.nonzero(tongue)[0][out[tongue, 2].argmax()]
    assert out[tip, 2] > lips + 0.01 and out[tip, 1] < head.vertices[tip, 1]
    assert np.abs(head.shapes[FACE_NAMES.index("tongueOut")][head.parts == PARTS.index("skin")]).max() == 0


def test_landmarks(head: OpenHead) -> None:
    points = head.landmarks(head.vertices)
    assert points.shape == (68, 3)
    assert np.allclose(head.landmark_weights.sum(1), 1, atol=1e-5)
    flip = points[16::-1] * [-1, 1, 1]
    assert np.abs(points[:17] - flip).max() < 4e-3
    assert points[30, 2] == pytest.approx(points[:, 2].max(), abs=1e-3)
    assert points[45, 0] > points[42, 0] > 0 > points[39, 0] > points[36, 0]


def test_eyes_have_an_iris_and_a_pupil(head: OpenHead) -> None:
    zones = head.eye_zones()
    eyes = np.isin(head.parts[head.quads[:, 0]], (1, 2))
    assert (zones[~eyes] == 0).all() and set(zones[eyes]) == {1, 2, 3}
    filled = np.where(head.quads < 0, head.quads[:, :1], head.quads)
    assert head.vertices[filled[zones == 3]].mean(1)[:, 2].min() > head.eye_centers[:, 2].max() + 0.01


def test_as_a_character(head: OpenHead) -> None:
    mesh = open_head_mesh()
    assert mesh.object_names == ("head", "eye_left", "eye_right", "mouth", "lashes")
    assert np.bincount(mesh.objects).min() > 50
    assert all(len(set(mesh.objects[face[face >= 0]])) == 1 for face in head.quads)
    assert np.array_equal(mesh.vertices, head.vertices) and len(mesh.sizes) == len(head.quads)
    other = open_head_mesh(np.array([2.0]))
    assert 0.005 < np.abs(other.vertices - mesh.vertices).max() < 0.05
