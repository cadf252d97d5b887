"""Rims are found on holes, sockets and closed mouths, and what has none is reported."""

import numpy as np
import pytest

from backend.cloning.contours import LANDMARKS, find_contours
from backend.cloning.reference import references


def off_reference(head, contour) -> float:
    """Root mean square distance, on the canonical head, of a rim's true points to the reference contours."""
    reference = references()[contour.name]
    truth = np.concatenate([reference.upper, reference.lower])
    points = head.canonical[np.concatenate([contour.upper, contour.lower])]
    return float(np.sqrt((np.linalg.norm(points[:, None] - truth, axis=2).min(1) ** 2).mean()))


def test_a_hole_is_found_whole(almond):
    vertices, triangles = almond(6, 24)
    contour = find_contours(vertices, triangles, vertices)["eye_left"]
    assert contour.state == "open"
    assert contour.opening == pytest.approx(0.010, rel=0.02)
    assert contour.width == pytest.approx(0.025, rel=0.02)
    assert set(contour.upper) | set(contour.lower) == set(range(24))
    assert vertices[contour.upper[0], 0] < vertices[contour.upper[-1], 0]
    assert vertices[contour.upper, 1].mean() > vertices[contour.lower, 1].mean()


def test_nothing_there_is_missing(almond):
    vertices, triangles = almond(6, 24)
    found = find_contours(vertices, triangles, vertices)
    assert found["eye_right"].state == "missing" and len(found["eye_right"].upper) == 0
    assert found["mouth"].state == "missing"


def test_an_eye_without_an_opening_is_fused(almond):
    vertices, triangles = almond(6, 24)
    lid = np.append(vertices, [[0.0325, 0.035, 0.0955]], axis=0)
    rim = np.arange(24)
    closed = np.concatenate([triangles, np.stack([rim, np.roll(rim, -1), np.full(24, len(vertices))], axis=1)])
    assert find_contours(lid, closed, lid)["eye_left"].state == "fused"


@pytest.mark.parametrize("sockets", [False, True])
def test_rims_of_real_heads_lie_on_the_lids_and_lips(facekit, sockets):
    for seed in (None, 0, 3):
        exact = facekit.head(seed, 0.0, sockets)
        guessed = facekit.head(seed, 0.002, sockets)
        for contour in find_contours(guessed.vertices, guessed.triangles, guessed.canonical).values():
            assert contour.state == ("closed" if contour.name == "mouth" else "open")
            assert off_reference(exact, contour) < 0.0018


def test_landmarks_help_where_the_correspondence_is_off(facekit):
    head = facekit.head(None, 0.0)
    marks = np.full((478, 3), np.nan)
    for name, (upper, lower) in LANDMARKS.items():
        reference = references()[name]
        for numbers, line in ((upper, reference.upper), (lower, reference.lower)):
            marks[list(numbers)] = line[np.linspace(0, len(line) - 1, len(numbers)).astype(int)]
    shifted = head.canonical + np.array([0.003, 0.003, 0.0])
    plain = find_contours(head.vertices, head.triangles, shifted)
    helped = find_contours(head.vertices, head.triangles, shifted, marks)
    worst = [max(off_reference(head, contour) for contour in found.values()) for found in (plain, helped)]
    assert worst[1] < worst[0] and worst[1] < 0.0015


def test_an_eyeball_corrects_a_correspondence_that_is_elsewhere(facekit):
    head = facekit.head()
    shifted = head.canonical + np.array([0.012, 0.010, 0.0])
    plain = find_contours(head.vertices, head.triangles, shifted)["eye_left"]
    helped = find_contours(head.vertices, head.triangles, shifted, None, head.eyes)["eye_left"]
    assert helped.state == "open"
    assert off_reference(head, helped) < 0.001
    assert plain.state != "open" or off_reference(head, plain) > 0.003
