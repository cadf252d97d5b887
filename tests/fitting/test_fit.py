"""Photographs of people to heads, through the detector."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.errors import Refusal
from backend.fitting.find_face import find_face
from backend.fitting.fit import FaceFit, fit_photos
from backend.fitting.overlay import overlay
from backend.fitting.picture import read_picture
from backend.imaging.landmarks import LandmarkDetector, available

pytestmark = pytest.mark.skipif(not available(), reason="mediapipe is absent")
PHOTOS = ("smirk_test_image1.png", "smirk_test_image2.png", "deca_exp_2.jpg")


@pytest.fixture(scope="module")
def photos(corpus: Path) -> list[np.ndarray]:
    return [read_picture(corpus / "dev" / "faces" / name)[0] for name in PHOTOS]


@pytest.fixture(scope="module")
def fits(photos) -> list[FaceFit]:
    return [fit_photos([pixels], [None]) for pixels in photos]


def test_landmarks_are_met_within_two_hundredths_of_the_eyes_distance(fits):
    for fit in fits:
        between = np.linalg.norm(fit.landmarks[0, 33] - fit.landmarks[0, 263])
        assert np.median(fit.residuals[0, :468]) < 0.02 * between
        assert fit.confidence[0] > 0.55


def test_expressions_are_what_a_person_sees(fits):
    frown, wink, smile = (dict(zip(fit.names, fit.channels[0], strict=True)) for fit in fits)
    assert smile["mouthSmileLeft"] > 0.3 and smile["mouthSmileRight"] > 0.3
    assert frown["mouthSmileLeft"] < 0.1 and frown["eyeWideLeft"] > 0.2
    assert wink["eyeBlinkLeft"] + wink["eyeSquintLeft"] > wink["eyeBlinkRight"] + wink["eyeSquintRight"] + 0.3


def test_a_shrunk_and_an_enlarged_photograph_give_the_same_landmarks(photos):
    picture = Image.fromarray(photos[2])
    with LandmarkDetector() as detector:
        reference, count = find_face(photos[2], detector)
        assert count == 1
        between = np.linalg.norm(reference[33] - reference[263])
        for factor in (0.3, 4):
            size = [round(factor * side) for side in picture.size]
            face, _ = find_face(np.array(picture.resize(size, Image.Resampling.LANCZOS)), detector)
            assert np.median(np.linalg.norm(face / factor - reference, axis=1)) < 0.025 * between


def test_a_picture_without_a_face_is_refused():
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3)).astype(np.uint8)
    for pixels in (noise, np.zeros((5, 900, 3), np.uint8), np.full((1, 1, 3), 200, np.uint8)):
        with pytest.raises(Refusal, match="No face"):
            fit_photos([pixels], [None])


def test_the_overlay_shows_photograph_surface_and_edges(photos, fits):
    picture = overlay(photos[0], fits[0], 0)
    height, width = photos[0].shape[:2]
    assert picture.shape == (height, 3 * width, 3)
    np.testing.assert_array_equal(picture[:, :width], photos[0])
    changed = [(picture[:, part * width : (part + 1) * width] != photos[0]).any(2) for part in (1, 2)]
    middle = fits[0].landmarks[0, 4].astype(int)
    assert changed[0][middle[1], middle[0]]
    assert 0.1 < changed[1].mean() < changed[0].mean() < 0.9


def test_the_verb_writes_fit_mesh_and_overlay(corpus, tmp_path):
    photo = corpus / "dev" / "faces" / PHOTOS[2]
    command = [sys.executable, "-m", "backend", "fit", "--image", photo, "--out", tmp_path / "fit.npz"]
    command += ["--mesh", tmp_path / "head.obj", "--overlay", tmp_path / "over.png"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "mouthSmile" in done.stdout
    with np.load(tmp_path / "fit.npz") as arrays:
        assert arrays["vertices"].shape == arrays["neutral"].shape == (7641, 3)
        assert arrays["channels"].shape == (1, 52)
        assert "consent" in str(arrays["source"])
    lines = (tmp_path / "head.obj").read_text().splitlines()
    assert sum(line.startswith("v ") for line in lines) == 7641
    assert Image.open(tmp_path / "over.png").width == 3 * Image.open(photo).width


def test_bad_input_is_one_sentence_and_exit_status_2(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    command = [sys.executable, "-m", "backend", "fit", "--image", tmp_path / "bad.jpg", "--out", tmp_path / "fit.npz"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "bad.jpg" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "fit.npz").exists()
