"""Faces that are small in a picture."""

import numpy as np
import pytest
from PIL import Image

from backend.errors import Refusal
from backend.fitting.find_face import find_face
from backend.imaging.landmarks import LandmarkDetector, available

pytestmark = pytest.mark.skipif(not available(), reason="mediapipe is absent")


@pytest.fixture(scope="module")
def detector():
    with LandmarkDetector(faces=5) as made:
        yield made


@pytest.mark.parametrize("corner", [(0, 0), (300, 1500)])
def test_a_small_face_in_a_wide_picture_is_found(corpus, detector, corner):
    face = Image.open(corpus / "dev" / "faces" / "smirk_test_image1.png").convert("RGB")
    large = find_face(np.array(face), detector)[0][:, :2]
    small = face.resize((180, 180 * face.height // face.width))
    wide = Image.new("RGB", (1920, 1080), (110, 120, 130))
    wide.paste(small, (corner[1], corner[0]))
    found, count = find_face(np.array(wide), detector)
    expected = large * 180 / face.width + corner[::-1]
    assert count == 1
    assert np.median(np.linalg.norm(found[:, :2] - expected, axis=1)) < 0.03 * np.ptp(expected[:, 0])


def test_parts_of_a_picture_without_a_face_show_none(detector):
    noise = np.random.default_rng(0).integers(0, 255, (300, 500, 3)).astype(np.uint8)
    with pytest.raises(Refusal, match="No face"):
        find_face(noise, detector)
