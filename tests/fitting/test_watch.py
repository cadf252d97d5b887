"""What is shown of a fit while it goes on."""

from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from backend.faces.open_head import load_open_head
from backend.fitting.basis import open_head_basis
from backend.fitting.learned_start import load_start
from backend.fitting.pinhole import Pinhole
from backend.fitting.watch import SIDE, FilmWatch, head_over
from backend.imaging.landmarks import LandmarkDetector


def pose(yaw: float) -> np.ndarray:
    result = np.eye(4)
    result[:3, :3] = Rotation.from_euler("Y", yaw, degrees=True).as_matrix()
    result[2, 3] = -0.8
    return result


def test_the_head_is_painted_where_the_camera_sees_it_and_nowhere_else() -> None:
    head, camera = load_open_head(), Pinhole(1600.0, (480.0, 360.0))
    picture = head_over(np.full((720, 960, 3), 40, np.uint8), head.vertices, pose(30), camera)
    assert picture.shape == (360, SIDE, 3)
    changed = (picture != 40).any(2)
    there = head.vertices @ pose(30)[:3, :3].T + pose(30)[:3, 3]
    flat = (camera.project(there) / 2).astype(int)
    inside = ((flat >= 1) & (flat < [SIDE - 1, 359])).all(1)
    assert changed[flat[inside, 1], flat[inside, 0]].mean() > 0.98
    columns = np.flatnonzero(changed.any(0))
    assert abs(columns[0] - flat[inside, 0].min()) < 3 and abs(columns[-1] - flat[inside, 0].max()) < 3
    # What is turned to the viewer is brighter than what is seen from the side.
    nose = flat[there[:, 2].argmax()]
    assert picture[nose[1], nose[0]].mean() > picture[changed].mean()


def test_what_lies_before_is_seen() -> None:
    """From the side the near ear hides the far one: mirrored poses give mirrored pictures."""
    head, camera = load_open_head(), Pinhole(1600.0, (240.0, 180.0))
    left, right = (
        head_over(np.zeros((360, 480, 3), np.uint8), head.vertices, pose(yaw), camera)[..., 0].astype(int)
        for yaw in (50, -50)
    )
    assert np.abs(left - right[:, ::-1]).mean() < 2


def test_frames_of_a_film_are_drawn_only_when_somebody_looks(corpus: Path) -> None:
    pixels = np.array(Image.open(corpus / "dev" / "faces" / "smirk_test_image1.png").convert("RGB"))
    with LandmarkDetector() as detector:
        (face,) = detector.detect(pixels)
    asked, drawn = [], []
    watch = FilmWatch(lambda draw: asked.append(draw), load_start())
    for _ in range(5):
        watch.see(pixels, face)
    assert len(asked) == 5
    drawn = [asked[0](), asked[4]()]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    changed = (drawn[0] != pixels).any(2)
    nose = face[4, :2].astype(int)
    assert changed[nose[1], nose[0]] and 0.1 < changed.mean() < 0.8
    assert len(open_head_basis().mean) == len(face)
