"""Eyes turn rigidly, the jaw carries teeth and tongue rigidly, riders keep their distance to the skin."""

from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.cloning.attach import LINING, look_rotation, rigid_motion, stretched_tongue
from backend.cloning.attach import attach as attach_parts
from backend.cloning.eyeballs import Eyeball
from backend.cloning.parts import ROLE, Parts, find_parts
from backend.geometry.closest import closest_points
from tests.cloning.test_parts import components


def test_looks_turn_to_the_channels_side():
    ahead = np.array([0.0, 0.0, 1.0])
    for channel, axis, sign in (
        ("eyeLookUp_L", 1, 1),
        ("eyeLookDown_R", 1, -1),
        ("eyeLookIn_L", 0, -1),
        ("eyeLookOut_L", 0, 1),
        ("eyeLookIn_R", 0, 1),
        ("eyeLookOut_R", 0, -1),
    ):
        turned = look_rotation(channel) @ ahead
        assert 0.4 < sign * turned[axis] < 0.51
    assert look_rotation("eyeBlink_L") is None
    assert look_rotation("jawOpen") is None


def test_rigid_motion_is_recovered():
    random = np.random.default_rng(0)
    points = random.standard_normal((30, 3))
    rotation = Rotation.from_rotvec([0.3, -0.2, 0.5]).as_matrix()
    found, shift = rigid_motion(points, points @ rotation.T + [1, 2, 3], random.uniform(0.5, 1, 30))
    assert np.abs(found - rotation).max() < 1e-12
    assert np.abs(shift - [1, 2, 3]).max() < 1e-12


def attach(points: np.ndarray, *given: Any) -> np.ndarray:
    """(K, N, 3): what is attached, and zeros for the rest."""
    attached = attach_parts(points, *given)
    deltas = np.zeros((len(attached.deltas), len(points), 3), np.float32)
    deltas[:, attached.numbers] = attached.deltas
    return deltas


def parts_of(roles: np.ndarray, rides: np.ndarray, eye: Eyeball | None = None) -> Parts:
    return Parts(roles.astype(np.int8), rides, (eye, None))


def test_eyes_turn_about_their_centre(sheet):
    skin, faces = sheet(3, 3)
    random = np.random.default_rng(1)
    eye = Eyeball(np.array([0.031, 0.036, 0.08]), 0.015)
    ray = random.standard_normal((40, 3))
    ball = eye.center + 0.015 * ray / np.linalg.norm(ray, axis=1, keepdims=True)
    parts = parts_of(np.full(40, ROLE["eye_left"]), np.zeros(40, bool), eye)
    names = ("eyeLookOut_L", "eyeLookOut_R", "eyeBlink_L")
    deltas = attach(
        ball, np.zeros((0, 3), int), np.zeros(40, int), parts, skin, faces, np.ones((3, 9, 3), np.float32), names
    )
    distance = np.linalg.norm(ball + deltas[0] - eye.center, axis=1)
    assert np.abs(distance - 0.015).max() < 1e-7
    assert np.linalg.norm(deltas[0], axis=1).max() > 0.006
    assert not deltas[1:].any()


def test_riders_turn_with_the_skin_and_keep_their_distance(sheet):
    skin, faces = sheet(11, 11)
    hairs = np.array([[0.008, 0.008, z] for z in (0.0005, 0.003, 0.006)] + [[0.012, 0.01, z] for z in (0.0005, 0.004)])
    parts = parts_of(np.full(5, ROLE["lashes"]), np.ones(5, bool))
    strands = np.array([0, 0, 0, 1, 1])
    turn = Rotation.from_euler("x", 40, degrees=True).as_matrix()
    moved = skin @ turn.T + [0.001, 0.002, 0.003] - skin
    deltas = attach(hairs, np.zeros((0, 3), int), strands, parts, skin, faces, moved[None], ("browDown_L",))
    expected = hairs @ turn.T + [0.001, 0.002, 0.003] - hairs
    assert np.abs(deltas[0] - expected).max() < 0.05 * 0.006
    before = closest_points(hairs, skin, faces)[2]
    after = closest_points(hairs + deltas[0], skin + moved, faces)[2]
    assert np.abs(after / before - 1).max() < 0.05


def test_an_eye_in_a_bowl_slides_to_the_channels_side(sheet):
    skin, faces = sheet(3, 3)
    eye = Eyeball(np.array([0.03, 0.03, 0.06]), 0.02, 1.0, bowl=np.array([0.03, 0.03, 0.1]))
    iris = np.array([[x, y, 0.08] for x in (0.02, 0.03, 0.04) for y in (0.02, 0.03, 0.04)])
    parts = parts_of(np.full(9, ROLE["eye_left"]), np.zeros(9, bool), eye)
    names = ("eyeLookUp_L", "eyeLookOut_L")
    deltas = attach(
        iris, np.zeros((0, 3), int), np.zeros(9, int), parts, skin, faces, np.zeros((2, 9, 3), np.float32), names
    )
    assert deltas[0, 4, 1] == pytest.approx(0.02 * np.sin(np.radians(25)), rel=1e-5)
    assert deltas[1, 4, 0] == pytest.approx(0.02 * np.sin(np.radians(30)), rel=1e-5)
    before, after = (np.linalg.norm(points - eye.bowl, axis=1) for points in (iris, iris + deltas[0]))
    assert np.abs(after - before).max() < 1e-7


def test_gums_that_are_one_surface_stay_as_rigid_as_the_teeth(sheet):
    """A strip that runs from the upper gum over the cheek's lining, 3 cm deep, to the lower gum."""
    strip, faces = sheet(31, 4)
    points = strip + np.array([-0.003, -0.06, 0.06])
    roles = np.where(np.arange(len(points)) // 4 > 15, ROLE["teeth_upper"], ROLE["teeth_lower"])
    y, x = np.meshgrid(np.linspace(-0.09, -0.02, 29), np.linspace(-0.03, 0.03, 25), indexing="ij")
    skin = np.column_stack([x.ravel(), y.ravel(), np.full(x.size, 0.1)])
    corner = (np.arange(28)[:, None] * 25 + np.arange(24)).ravel()
    skin_faces = np.stack([corner, corner + 1, corner + 26], axis=1)
    turn = Rotation.from_euler("x", 12, degrees=True).as_matrix()
    opened = (skin @ turn.T - skin) * (skin[:, 1:2] < -0.03)
    parts = parts_of(roles, np.zeros(len(points), bool))
    whole = np.zeros(len(points), int)
    (moved,) = attach(points, faces, whole, parts, skin, skin_faces, opened[None].astype(np.float32), ("jawOpen",))
    away = np.abs(points[:, 1] - points[60:68, 1].mean())
    lower, upper = roles == ROLE["teeth_lower"], roles == ROLE["teeth_upper"]
    rigid = lower & (away > LINING + 0.0011)
    assert rigid.sum() > 40
    np.testing.assert_allclose(moved[rigid], (points @ turn.T - points)[rigid], atol=1e-6)
    assert not moved[upper & (away > LINING + 0.0011)].any()
    height = np.linalg.norm(moved, axis=1).reshape(31, 4).mean(1)
    assert 0.3 < height[15] / height[0] < 0.7
    assert np.abs(np.diff(height)).max() < 0.3 * height[0]


def test_nothing_moves_without_the_skin(sheet):
    skin, faces = sheet(4, 4)
    roles = np.array([ROLE["lashes"], ROLE["teeth_lower"], ROLE["other"]])
    points = np.array([[1.0, 1.0, 0.1], [0.0, -0.04, 0.09], [5.0, 5.0, 5.0]])
    parts = parts_of(roles, np.array([True, False, False]))
    deltas = attach(points, np.zeros((0, 3), int), np.arange(3), parts, skin, faces, np.zeros((1, 16, 3)), ("jawOpen",))
    assert not deltas.any()


def test_the_tongue_comes_out():
    points = np.array([[0.0, -0.04, z] for z in np.linspace(0.03, 0.09, 7)])
    moved = stretched_tongue(points)
    assert not moved[0].any()
    assert (points + moved)[-1, 2] > 0.112
    assert moved[-1, 1] < 0
    assert (np.diff(moved[:, 2]) > 0).all()
    assert stretched_tongue(points[:0]).shape == (0, 3)


def test_the_canonical_heads_own_parts_follow(facekit):
    points, triangles = facekit.neutral, facekit.triangles
    numbers = components(len(points), triangles)
    parts = find_parts(points, triangles, numbers, np.zeros(len(points), int), ("head",))
    count = facekit.parts["mouth_socket"][1]
    skin = triangles[(triangles < count).all(1)]
    deltas = attach(points, triangles, numbers, parts, points[:count], skin, facekit.shapes[:, :count], facekit.names)

    def wrong(name: str, rows: np.ndarray | slice) -> float:
        truth = facekit.shapes[facekit.names.index(name), rows]
        error = deltas[facekit.names.index(name), rows] - truth
        return float(np.sqrt((error**2).sum() / (truth**2).sum()))

    lower = np.arange(*facekit.parts["teeth"])[2208:]
    assert wrong("jawOpen", lower) < 0.12
    assert wrong("jawForward", lower) < 0.2
    opened = points[lower] + deltas[facekit.names.index("jawOpen"), lower]
    rotation, shift = rigid_motion(points[lower], opened, np.ones(len(lower)))
    assert np.abs(points[lower] @ rotation.T + shift - opened).max() < 1e-6
    assert not deltas[:, np.arange(*facekit.parts["teeth"])[:2208]].any()
    assert not deltas[:, : facekit.parts["face"][1]].any()
    assert wrong("eyeBlink_L", slice(*facekit.parts["lacrimal_fluid_left"])) < 0.15
    assert wrong("eyeBlink_L", slice(*facekit.parts["eyelashes_left"])) == pytest.approx(0.3, abs=0.15)
