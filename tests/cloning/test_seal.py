"""Sealed shapes close, do not cross, stay local, stay out of the eyeballs and fold no triangles."""

import numpy as np
import pytest

from backend.cloning.contours import find_contours
from backend.cloning.seal import seal
from backend.geometry.operators import triangle_normals
from backend.geometry.polyline import height_gap
from backend.geometry.surface_distance import surface_distance

# lid margins in the middle of the left eye and inner lips in the middle of the mouth, by vertex number
LIDS, LIPS = (3753, 3729), (5533, 5517)


def sealed(head):
    deltas, figures = seal(head.vertices, head.triangles, head.canonical, head.deltas, head.names, head.eyes)
    return head.shapes(deltas), {figure.name: figure for figure in figures}


def lid_depth(points, eye, contour, triangles) -> float:
    """The deepest that any lid vertex near the rim lies inside the eyeball, as a share of its radius; 0 where none
    does. points: (n, 3)."""
    near = surface_distance(points, triangles, np.concatenate([contour.upper, contour.lower]), 0.5 * contour.width)
    ray = points - eye.center
    lids = np.isfinite(near) & (ray @ contour.outward > 0.5 * eye.radius)
    depth = eye.radius - np.linalg.norm(ray, axis=1)[lids]
    return float(max(depth.max(initial=0.0), 0.0) / eye.radius)


def flipped(head, delta) -> float:
    """The share of triangles that a shape turns over."""
    before = triangle_normals(head.vertices, head.triangles)
    after = triangle_normals(head.vertices + delta, head.triangles)
    return float(((before * after).sum(1) < 0).mean())


@pytest.mark.parametrize(("seed", "wobble", "sockets"), [(None, 0.0, False), (0, 0.002, True), (1, 0.002, False)])
def test_eyes_close_and_lips_meet(facekit, seed, wobble, sockets):
    _, figures = sealed(facekit.head(seed, wobble, sockets))
    assert set(figures) == {"eyeBlink_L", "eyeBlink_R", "jawOpen+mouthClose"}
    for figure in figures.values():
        assert figure.state == "sealed"
        assert figure.gap_after <= 0.03
        assert figure.crossing <= 0.01
    assert figures["eyeBlink_L"].gap_before > 0.05


def test_the_vertices_of_lids_and_lips_meet(facekit):
    head = facekit.head()
    done, _ = sealed(head)
    upper, lower = ((head.vertices + done.delta("eyeBlink_L"))[i] for i in LIDS)
    assert abs(upper[1] - lower[1]) < 0.03 * 0.0099
    neutral = head.vertices[LIPS[0]] - head.vertices[LIPS[1]]
    moved = [(head.vertices + one.delta("jawOpen", "mouthClose")) for one in (head, done)]
    crossed, met = (points[LIPS[0], 1] - points[LIPS[1], 1] for points in moved)
    assert crossed < -0.004
    assert -0.0003 < met <= neutral[1] + 1e-5


def test_large_eyes_close(facekit):
    head = facekit.head()
    center = np.array([0.0317, 0.035, 0.088])
    ray = head.vertices - center
    large = head.vertices + ray * [0.6, 1.2, 0.3] * np.exp(-(ray**2).sum(1) / (2 * 0.016**2))[:, None]
    deltas, figures = seal(large, head.triangles, head.canonical, head.deltas, head.names)
    blink = figures[0]
    assert blink.name == "eyeBlink_L" and blink.gap_before > 0.4
    assert blink.gap_after <= 0.03 and blink.crossing <= 0.01
    contour = find_contours(large, head.triangles, head.canonical)["eye_left"]
    half = large + 0.5 * deltas[head.names.index("eyeBlink_L")]
    gap = height_gap(half[contour.upper], half[contour.lower], contour.up, contour.outward).max()
    assert gap == pytest.approx(0.5 * contour.opening, rel=0.05)


def test_only_the_closures_change_and_only_near_the_rims(facekit):
    head = facekit.head()
    done, _ = sealed(head)
    still = [name for name in head.names if name.startswith("jaw")]
    for name in still:
        assert np.abs(done.delta(name) - head.delta(name)).max() < 1e-7
    change = np.linalg.norm(done.delta("mouthClose") - head.delta("mouthClose"), axis=1)
    mouth = head.vertices[list(LIPS)].mean(0)
    far = np.linalg.norm(head.vertices - mouth, axis=1) > 0.06
    assert change.max() > 0.001 and change[far].max() < 1e-9


def test_what_may_not_move_does_not(facekit):
    head = facekit.head()
    face = np.ones(len(head.vertices), bool)
    face[head.vertices[:, 1] > 0.05] = False
    deltas, _ = seal(head.vertices, head.triangles, head.canonical, head.deltas, head.names, (None, None), face)
    change = np.abs(deltas - head.deltas)
    at = head.names.index("mouthClose")
    assert change[at, face].max() > 0.001
    assert change[at, ~face].max() < 1e-7


def test_lids_stay_outside_the_eyeball(facekit):
    head = facekit.head()
    done, _ = sealed(head)
    contour = find_contours(head.vertices, head.triangles, head.canonical)["eye_left"]
    rest = lid_depth(head.vertices, head.eyes[0], contour, head.triangles)
    for name in ("eyeBlink_L", "eyeSquint_L", "eyeLookDown_L"):
        before, after = (
            lid_depth(head.vertices + one.delta(name), head.eyes[0], contour, head.triangles) for one in (head, done)
        )
        assert after <= rest + 0.005
        assert after <= before + 0.005


def test_no_triangles_fold(facekit):
    head = facekit.head(0, 0.002)
    done, _ = sealed(head)
    for name in ("eyeBlink_L", "eyeBlink_R"):
        assert flipped(head, done.delta(name)) < 0.005
    both = ("jawOpen", "mouthClose")
    assert flipped(head, done.delta(*both)) <= flipped(head, head.delta(*both))


def test_a_face_without_eyes_is_reported(almond):
    vertices, triangles = almond(6, 24)
    names = ("eyeBlink_L", "eyeBlink_R", "jawOpen", "mouthClose")
    _, figures = seal(vertices, triangles, vertices, np.zeros((4, len(vertices), 3)), names)
    states = {figure.name: figure.state for figure in figures}
    assert states == {
        "eyeBlink_L": "sealed",
        "eyeBlink_R": "no lids found",
        "jawOpen+mouthClose": "no lips found",
    }
    assert figures[0].gap_before == pytest.approx(1.0) and figures[0].gap_after <= 0.03


def test_the_same_input_gives_the_same_bytes(facekit):
    head = facekit.head(2, 0.002)
    one, other = (seal(head.vertices, head.triangles, head.canonical, head.deltas, head.names)[0] for _ in range(2))
    assert one.tobytes() == other.tobytes()
