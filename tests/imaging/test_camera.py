"""Cameras and clay pictures: which way is which, and how bright."""

import numpy as np
import pytest
import torch

from backend.imaging.camera import Camera, framing_camera, render_clay, shade, view, view_rotation


def project(camera: Camera, *points: list[float]) -> np.ndarray:
    return camera.project(torch.tensor(points, dtype=torch.float64)).numpy()


def icosphere_like(count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """A unit ball of latitude rings, wound outwards."""
    u, v = np.meshgrid(np.linspace(0, np.pi, count), np.linspace(0, 2 * np.pi, count), indexing="ij")
    points = np.stack([np.sin(u) * np.sin(v), np.cos(u), np.sin(u) * np.cos(v)], axis=-1).reshape(-1, 3)
    i = np.arange(count * count).reshape(count, count)
    a, b, c, d = (part.ravel() for part in (i[:-1, :-1], i[1:, :-1], i[1:, 1:], i[:-1, 1:]))
    return points.astype(np.float32), np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


def test_the_front_view_has_x_to_the_right_y_up_and_z_towards_the_viewer():
    camera = Camera(view_rotation(0), np.array([1.0, 2.0, 3.0]), extent=2.0)
    centre, right, up, near = project(camera, [1, 2, 3], [3, 2, 3], [1, 4, 3], [1, 2, 4])
    assert centre[:2] == pytest.approx([0, 0])
    assert right[:2] == pytest.approx([1, 0])
    assert up[:2] == pytest.approx([0, -1])
    assert near[2] == pytest.approx(centre[2] - 1)


@pytest.mark.parametrize(
    ("angles", "towards_viewer", "picture_up"),
    [
        ((90, 0, 0), [1, 0, 0], [0, 1, 0]),
        ((0, 90, 0), [0, 1, 0], [0, 0, -1]),
        ((180, 0, 0), [0, 0, -1], [0, 1, 0]),
        ((0, 0, 90), [0, 0, 1], [-1, 0, 0]),
    ],
)
def test_yaw_walks_left_of_the_character_pitch_lifts_and_roll_turns_clockwise(angles, towards_viewer, picture_up):
    rotation = view_rotation(*angles)
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert rotation[2] == pytest.approx(towards_viewer, abs=1e-12)
    assert rotation[1] == pytest.approx(picture_up, abs=1e-12)


def test_a_lens_keeps_the_centre_plane_and_enlarges_what_is_near():
    camera = Camera(view_rotation(0), np.zeros(3), extent=1.0, lens=40.0)
    assert camera.distance == pytest.approx(1 / np.tan(np.radians(20)))
    edge, near, far = project(camera, [1, 0, 0], [1, 0, 0.5], [1, 0, -0.5])
    assert edge == pytest.approx([1, 0, camera.distance])
    assert near[0] == pytest.approx(camera.distance / (camera.distance - 0.5))
    assert far[0] < 1 < near[0]


@pytest.mark.parametrize("lens", [0.0, 30.0])
def test_framing_shows_everything_and_wastes_little(lens):
    points = np.random.default_rng(0).uniform(-1, 1, (500, 3)) * [3, 1, 2] + [10, -4, 7]
    camera = framing_camera(points, view_rotation(30, 20), lens)
    screen = camera.project(torch.as_tensor(points)).numpy()
    assert 0.6 < np.abs(screen[:, :2]).max() <= 1


def test_a_ball_is_brightest_in_the_middle_and_by_lambert_elsewhere():
    points, triangles = icosphere_like(80)
    camera = Camera(view_rotation(50, -20), np.zeros(3), extent=1.25)
    raster = view(points, triangles, camera, 100)
    picture = shade(raster, points, triangles, camera, np.ones_like(points), ambient=0.2)
    for x in (0.0, 0.4, 0.8):
        column = int((x / 1.25 + 1) * 50)
        at = ((column + 0.5) / 50 - 1) * 1.25
        expected = 0.2 + 0.8 * np.sqrt(1 - at**2 - (0.0125) ** 2)
        assert picture[50, column] / 255 == pytest.approx(np.full(3, expected), abs=0.01)
    assert (raster.faces[0] == -1).all() and len(np.unique(picture[0, :, 0])) == 1
    assert (raster.faces >= 0).float().mean() == pytest.approx(np.pi / 4 / 1.25**2, rel=0.01)


def test_clay_takes_colours_facets_and_samples():
    points, triangles = icosphere_like(8)
    camera = framing_camera(points, view_rotation(0))
    red = render_clay(points, triangles, camera, 32, colours=np.tile([1.0, 0.0, 0.0], (len(points), 1)))
    assert red[16, 16, 0] > 200 and red[16, 16, 1:].max() == 0
    smooth = render_clay(points, triangles, camera, 64, samples=1)
    facets = render_clay(points, triangles, camera, 64, smooth=False, samples=1)
    assert len(np.unique(smooth.reshape(-1, 3), axis=0)) > 3 * len(np.unique(facets.reshape(-1, 3), axis=0))
    assert len(np.unique(render_clay(points, triangles, camera, 64, smooth=False, samples=3)[..., 0])) > len(
        np.unique(facets[..., 0])
    )


def test_the_same_scene_gives_the_same_bytes():
    points, triangles = icosphere_like(30)
    camera = framing_camera(points, view_rotation(10, 5), 30)
    assert (render_clay(points, triangles, camera, 48) == render_clay(points, triangles, camera, 48)).all()
