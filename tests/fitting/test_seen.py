"""What a photograph shows of a head, and what lies behind something else."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from backend.channels import FACE_NAMES
from backend.faces.open_head import load_open_head
from backend.fitting.seen import BEHIND, hidden, in_pictures
from backend.geometry.mesh import PARTS, face_mesh
from backend.imaging.rasteriser import rasterise

LENS = np.array([[1300.0, 0, 400], [0, 1300, 300], [0, 0, 1]])


def seen(yaw: float, weights: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Where the vertices lie, pixels, and how well they are seen, of a head turned by degrees."""
    head = load_open_head()
    posed = head.posed(np.array([weights.get(name, 0.0) for name in FACE_NAMES]))
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("Y", yaw, degrees=True).as_matrix()
    pose[2, 3] = -0.8
    photo, shown = in_pictures(posed[None], head.quads, pose[None], LENS[None], np.array([[600, 800]]))
    return photo[0] * [800, 600], shown[0]


def test_teeth_behind_closed_lips_are_not_seen_and_those_of_an_open_mouth_are() -> None:
    teeth = np.isin(load_open_head().parts, [PARTS.index("teeth_upper"), PARTS.index("teeth_lower")])
    assert (seen(0, {})[1][teeth] > 0).mean() < 0.01
    opened = (seen(0, {"jawOpen": 1.0, "mouthUpperUp_L": 1.0, "mouthUpperUp_R": 1.0})[1][teeth] > 0).mean()
    assert opened > 0.02


def test_of_a_turned_head_the_far_cheek_behind_the_nose_is_not_seen() -> None:
    head = load_open_head()
    shown = seen(55, {})[1] > 0
    cheek = (head.parts == 0) & (head.vertices[:, 2] > 0.04) & (np.abs(head.vertices[:, 1]) < 0.02)
    near, far = (cheek & (side * head.vertices[:, 0] > 0.03) for side in (-1, 1))
    assert shown[near].mean() > 0.7 and shown[far].mean() < 0.2


def test_a_picture_that_faces_a_place_counts_more() -> None:
    head = load_open_head()
    left = (head.parts == 0) & (head.vertices[:, 0] > 0.05) & (head.vertices[:, 2] > 0)
    front, side = seen(0, {})[1], seen(-50, {})[1]
    assert side[left].mean() > 3 * front[left].mean()
    nose = head.vertices[:, 2].argmax()
    assert front[nose] > side[nose]


def test_vertices_lie_where_the_camera_projects_them_and_none_outside_is_seen() -> None:
    head = load_open_head()
    pixels, shown = seen(0, {})
    expected = np.array([400, 300]) + 1300 * head.vertices[:, :2] * [1, -1] / (0.8 - head.vertices[:, 2:])
    np.testing.assert_allclose(pixels, expected, atol=0.01)
    outside = (pixels < 0).any(1) | (pixels > [800, 600]).any(1)
    assert not shown[outside].any()


def test_a_plate_hides_what_is_behind_it_and_not_what_is_before() -> None:
    plate = np.array([[0, 0], [100, 0], [100, 100], [0, 100]], float)
    pixels = np.concatenate([plate, [[50, 50], [50, 50], [52, 49]]])
    triangles = np.array([[0, 1, 2], [0, 2, 3]])
    distances = np.array([1, 1, 1, 1, 1.01, 0.99, 1.0005])
    assert hidden(pixels, distances, triangles).tolist() == [False] * 4 + [True, False, False]


@pytest.mark.parametrize("yaw", [-60, 0, 35])
def test_what_is_hidden_is_what_the_rasteriser_has_something_before(yaw: float) -> None:
    head = load_open_head()
    triangles = face_mesh(head.vertices, head.quads).triangles
    there = head.vertices @ Rotation.from_euler("Y", yaw, degrees=True).as_matrix().T + [0, 0, -0.8]
    pixels = 400 + 1300 * there[:, :2] * [1, -1] / -there[:, 2:]
    side, middle = np.ptp(pixels, axis=0).max(), (pixels.max(0) + pixels.min(0)) / 2
    screen = np.column_stack([(pixels - middle) / side * 1.9, -there[:, 2]]).astype(np.float32)
    depth = rasterise(torch.as_tensor(screen), torch.as_tensor(triangles), (512, 512), perspective=True).depth.numpy()
    around = np.pad(depth, 1, constant_values=np.inf)
    column, row = np.clip(((screen[:, :2] + 1) * 256).astype(int), 0, 511).T
    windows = np.lib.stride_tricks.sliding_window_view(around, (3, 3))
    expected = -there[:, 2] > windows[row, column].max((1, 2)) + BEHIND
    found = hidden(pixels, -there[:, 2], triangles)
    assert 0.4 < expected.mean() < 0.8
    # Painting covers pixels that an edge only touches, too.
    assert (found != expected).mean() < 0.025
