"""Landmarks that stay where they are when the picture hardly changes."""

import cv2
import numpy as np
import pytest

from backend.cloning.close_views import LENS, SIZE
from backend.cloning.landmark_map import FACE_CENTRE
from backend.cloning.photograph import Subject, photograph
from backend.cloning.recognise import CHANGES, recognise
from backend.faces.open_head import load_open_head
from backend.imaging.camera import Camera, view_rotation
from backend.imaging.landmarks import LandmarkDetector


@pytest.fixture(scope="module")
def detector():
    with LandmarkDetector(faces=1, minimum_score=0.25) as detector:
        yield detector


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """The open head, the camera moved by fractions of a pixel."""
    head = load_open_head()
    quads = head.quads
    subject = Subject(head.vertices, np.concatenate([quads[:, :3], quads[quads[:, 3] >= 0][:, [0, 2, 3]]]))
    pixel = 2 * 0.28 / SIZE
    cameras = [
        Camera(view_rotation(0), FACE_CENTRE + np.array([pixel * k, 0, 0]), 0.28, LENS) for k in (0, 0.3, 0.6, 0.9)
    ]
    return [photograph(subject, camera, SIZE)[1] for camera in cameras]


def unsteadiness(found: list[np.ndarray | None]) -> float:
    """Median over the landmarks of the standard deviation in pixels, the camera's own motion taken out."""
    places = np.stack([one for one in found if one is not None])
    assert len(places) == 4
    places[..., 0] += np.array([0, 0.3, 0.6, 0.9])[:, None]
    return float(np.median(np.linalg.norm(places.std(0), axis=1)))


def test_several_changes_are_steadier_than_one(detector: LandmarkDetector, pictures: list[np.ndarray]):
    once = unsteadiness([recognise(picture, detector, 1) for picture in pictures])
    often = unsteadiness([recognise(picture, detector) for picture in pictures])
    assert often < 0.7 * once
    assert often < 0.25


def test_changes_are_undone(detector: LandmarkDetector, pictures: list[np.ndarray]):
    once = recognise(pictures[0], detector, 1)
    assert once is not None
    for count in range(2, len(CHANGES) + 1):
        several = recognise(pictures[0], detector, count)
        assert several is not None
        assert np.median(np.linalg.norm(several - once, axis=1)) < 1.5


def test_a_mirrored_picture_has_mirrored_landmarks(detector: LandmarkDetector, pictures: list[np.ndarray]):
    here, there = recognise(pictures[0], detector), recognise(pictures[0][:, ::-1], detector)
    assert here is not None and there is not None
    assert abs(here[1, 0] - (SIZE - there[1, 0])) < 1.5
    assert here[263, 0] > here[33, 0]


def test_an_empty_picture_has_none(detector: LandmarkDetector):
    assert recognise(cv2.merge([np.full((SIZE, SIZE), 90, np.uint8)] * 3), detector) is None
