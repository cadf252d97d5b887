"""Landmarks carried to the surface below them."""

import numpy as np
import pytest

from backend.cloning.landmark_map import LOWER_RIMS, RIMS, SKIN, UPPER_RIMS
from backend.cloning.lift import lift_landmarks
from backend.imaging.camera import Camera, view, view_rotation

SIZE = 200
CAMERA = Camera(view_rotation(0), np.zeros(3), extent=1.0)


@pytest.fixture
def wall() -> tuple[np.ndarray, np.ndarray]:
    """A square at z = 0 that covers the picture (triangles 0, 1) and a strip |x| < 0.1 before it at z = 0.5 (2, 3)."""
    square = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
    strip = square * [0.1, 1, 1] + np.array([0, 0, 0.5], np.float32)
    quads = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return np.concatenate([square, strip]).astype(np.float32), np.concatenate([quads, quads + 4])


def pixels_at(points: np.ndarray) -> np.ndarray:
    return (points[:, :2] * [1, -1] + 1) * SIZE / 2


def test_points_come_back_to_where_they_were_seen(wall):
    vertices, triangles = wall
    expected = np.random.default_rng(0).uniform(-0.95, 0.95, (478, 3)) * [1, 1, 0]
    expected[np.abs(expected[:, 0]) < 0.1, 2] = 0.5
    lifted = lift_landmarks(pixels_at(expected), view(vertices, triangles, CAMERA, SIZE), vertices, triangles, CAMERA)
    clear = np.abs(np.abs(expected[:, 0]) - 0.1) > 0.01
    assert np.abs(lifted.points - expected)[clear].max() <= 0.005 + 1e-6  # half a pixel
    assert lifted.facing == pytest.approx(np.ones(478))
    assert set(lifted.triangles[expected[:, 2] > 0]) <= {2, 3}


def test_a_landmark_outside_the_picture_or_the_mesh_is_not_seen(wall):
    vertices, triangles = wall
    pixels = np.full((478, 2), 50.0)
    pixels[7] = [-3, 50]
    lifted = lift_landmarks(pixels, view(vertices * 0.5, triangles, CAMERA, SIZE), vertices * 0.5, triangles, CAMERA)
    assert np.isnan(lifted.points[7]).all() and lifted.triangles[7] == -1 and lifted.facing[7] == 0
    corner = lift_landmarks(pixels * 0, view(vertices * 0.5, triangles, CAMERA, SIZE), vertices, triangles, CAMERA)
    assert np.isnan(corner.points).all()


def test_rims_are_taken_from_the_skin_beside_them_and_others_are_not(wall):
    vertices, triangles = wall
    vertices = vertices[:, [1, 0, 2]].copy()  # the strip lies across the picture
    points = np.zeros((478, 3))  # in the middle of the strip
    points[:, 1] = 0.02
    skin = np.array([True, True, False, False])
    raster = view(vertices, triangles, CAMERA, SIZE)
    lifted = lift_landmarks(pixels_at(points), raster, vertices, triangles, CAMERA, skin=skin, reach=0.15)
    assert lifted.points[RIMS][:, 2] == pytest.approx(np.zeros(len(RIMS)))
    assert lifted.points[UPPER_RIMS][:, 1] == pytest.approx(np.full(len(UPPER_RIMS), 0.105), abs=0.006)
    assert lifted.points[LOWER_RIMS][:, 1] == pytest.approx(np.full(len(LOWER_RIMS), -0.105), abs=0.006)
    assert lifted.points[SKIN][:, 2] == pytest.approx(np.full(len(SKIN), 0.5))
    near = lift_landmarks(pixels_at(points), raster, vertices, triangles, CAMERA, skin=skin, reach=0.05)
    assert np.isnan(near.points[RIMS]).all() and np.isfinite(near.points[SKIN]).all()


def test_rims_keep_out_of_an_opening_in_the_skin_around_them(wall):
    # skin at z = 0 above and below an opening |y| < 0.2, 0.5 deep
    vertices, triangles = wall
    back = vertices[:4] - np.array([0, 0, 0.5])
    flaps = [vertices[:4] * [1, 0.4, 1] + np.array([0, shift, 0]) for shift in (-0.6, 0.6)]
    parts = np.concatenate([back, *flaps]).astype(np.float32)
    faces = np.concatenate([triangles[:2], triangles[:2] + 4, triangles[:2] + 8])
    seen = np.zeros((478, 3))
    seen[:, 1] = 0.4
    seen[UPPER_RIMS, 1] = 0.18
    seen[LOWER_RIMS, 1] = -0.18
    arguments = (pixels_at(seen), view(parts, faces, CAMERA, SIZE), parts, faces, CAMERA, seen)
    rims = np.concatenate([UPPER_RIMS, LOWER_RIMS])
    loose = lift_landmarks(*arguments, tolerance=1.0, reach=0.05)
    assert loose.points[rims][:, 2] == pytest.approx(np.full(len(rims), -0.5))
    strict = lift_landmarks(*arguments, tolerance=1.0, rim_tolerance=0.1, reach=0.05)
    assert strict.points[rims][:, 2] == pytest.approx(np.zeros(len(rims)))
    assert np.abs(strict.points[rims][:, 1]) == pytest.approx(np.full(len(rims), 0.205), abs=0.01)


def test_what_lies_far_from_where_it_should_is_not_taken(wall):
    vertices, triangles = wall
    expected = np.random.default_rng(1).uniform(-0.9, 0.9, (478, 3)) * [1, 1, 0]
    raster = view(vertices, triangles, CAMERA, SIZE)
    about = expected + np.array([0, 0, 0.02])
    lifted = lift_landmarks(pixels_at(expected), raster, vertices, triangles, CAMERA, about, tolerance=0.3)
    behind = np.abs(expected[:, 0]) < 0.09
    assert behind.sum() > 20
    assert np.isnan(lifted.points[behind]).all() and np.isfinite(lifted.points[np.abs(expected[:, 0]) > 0.11]).all()
