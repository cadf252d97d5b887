"""The landmark detector on photographs, and its silence."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.imaging.landmarks import LANDMARKS, LandmarkDetector

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def photograph(corpus: Path) -> np.ndarray:
    return np.array(Image.open(corpus / "dev/faces/smirk_test_image1.png").convert("RGB"))


def test_landmarks_lie_where_the_face_is_and_move_with_it(photograph):
    with LandmarkDetector() as detector:
        (face,) = detector.detect(photograph)
        assert face.shape == (LANDMARKS, 3) and face.dtype == np.float32
        right_eye, left_eye, chin, forehead = face[33], face[263], face[152], face[10]
        assert right_eye[0] < left_eye[0], "the character's left is on the right of the picture"
        assert forehead[1] < right_eye[1] < chin[1]
        assert face[1, 2] < face[[234, 454], 2].min(), "the nose is nearer than the ears"
        # irises, the last ten points, lie between the corners of their own eye
        assert face[33, 0] < face[468, 0] < face[133, 0] and face[362, 0] < face[473, 0] < face[263, 0]
        shifted = np.zeros((photograph.shape[0] + 40, photograph.shape[1] + 60, 3), np.uint8)
        shifted[40:, 60:] = photograph
        (moved,) = detector.detect(shifted)
        assert np.abs(np.median(moved[:, :2] - face[:, :2], axis=0) - [60, 40]).max() < 2
        assert detector.detect(np.full((200, 200, 3), 128, np.uint8)) == []
        (again,) = detector.detect(photograph)
        assert (again == face).all()


def test_a_closed_detector_can_be_used_again(photograph):
    detector = LandmarkDetector()
    first = detector.detect(photograph)
    detector.close()
    detector.close()
    assert (detector.detect(photograph)[0] == first[0]).all()
    detector.close()


def test_nothing_is_printed(corpus):
    program = (
        "import sys, numpy as np\nfrom PIL import Image\nfrom backend.imaging.landmarks import LandmarkDetector\n"
        "image = np.array(Image.open(sys.argv[1]).convert('RGB'))\n"
        "with LandmarkDetector() as detector:\n"
        "    faces = [len(detector.detect(picture)) for picture in (image * 0, image, image)]\n"
        "assert faces == [0, 1, 1], faces\nprint('to stderr still', file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(corpus / "dev/faces/smirk_test_image1.png")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    assert done.stderr == "to stderr still\n"


def test_drawing_is_not_loaded_but_can_be():
    program = (
        "import sys, numpy as np\nfrom backend.imaging.landmarks import LandmarkDetector\n"
        "with LandmarkDetector() as detector:\n"
        "    detector.detect(np.zeros((200, 200, 3), np.uint8))\n"
        "print('matplotlib' in sys.modules)\n"
        "from mediapipe.python.solutions.drawing_utils import draw_landmarks\n"
        "print('matplotlib' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
