"""Eyeballs for open sockets, measured against those that the open head has."""

import numpy as np
import pytest

from backend.cloning.contours import LANDMARKS
from backend.cloning.eye_site import eye_site
from backend.cloning.landmark_map import canonical_landmarks
from backend.cloning.reference import canonical_eyes, references
from backend.cloning.rim import Contour
from backend.cloning.stand_in import balls, behind_lids, stand_in_eyes
from backend.faces.open_head import load_open_head
from backend.geometry.mesh import PARTS
from backend.geometry.sphere import fit_sphere


@pytest.fixture(scope="module")
def skin() -> tuple[np.ndarray, np.ndarray]:
    """The open head's vertices and the triangles of its skin alone."""
    return _head(("skin",))


def _head(parts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    head = load_open_head()
    kept = np.isin(head.parts, [PARTS.index(part) for part in parts])
    quads = head.quads
    triangles = np.concatenate([quads[:, :3], quads[quads[:, 3] >= 0][:, [0, 2, 3]]])
    return head.vertices.astype(np.float64), triangles[kept[triangles].all(1)]


def test_sockets_without_eyes_get_eyeballs_about_where_the_eyes_were(skin: tuple[np.ndarray, np.ndarray]):
    found = stand_in_eyes(*skin, canonical_landmarks())
    for eye, (center, radius) in zip(found, canonical_eyes().values(), strict=True):
        assert eye is not None
        assert np.linalg.norm(eye.center - center) < 0.4 * radius
        assert abs(np.log(eye.radius / radius)) < 0.25
    left, right = (eye.center for eye in found if eye is not None)
    assert np.linalg.norm(left - right * [-1, 1, 1]) < 0.001


def test_eyes_that_are_there_get_no_double():
    landmarks = canonical_landmarks()
    assert stand_in_eyes(*_head(("skin", "eye_left", "eye_right")), landmarks) == (None, None)
    left, right = stand_in_eyes(*_head(("skin", "eye_right")), landmarks)
    assert left is not None
    assert right is None


def test_lids_that_were_not_seen_get_none(skin: tuple[np.ndarray, np.ndarray]):
    landmarks = canonical_landmarks().copy()
    landmarks[LANDMARKS["eye_left"][0][3]] = np.nan
    left, right = stand_in_eyes(*skin, landmarks)
    assert left is None
    assert right is not None


@pytest.mark.filterwarnings("error")
def test_lids_that_are_scattered_have_the_eyeball_in_their_midst(skin: tuple[np.ndarray, np.ndarray]):
    landmarks = canonical_landmarks().astype(np.float64)
    lids = [*LANDMARKS["eye_left"][0][1:-1], *LANDMARKS["eye_left"][1][1:-1]]
    landmarks[lids] += 0.05 * np.random.default_rng(0).normal(size=(len(lids), 3))
    left, _ = stand_in_eyes(*skin, landmarks)
    assert left is None or np.isfinite(left.center).all()


def test_the_surfaces_are_those_of_the_eyeballs(skin: tuple[np.ndarray, np.ndarray]):
    eyes = stand_in_eyes(*skin, canonical_landmarks())
    vertices, triangles = balls(eyes)
    for number, eye in enumerate(eyes):
        assert eye is not None
        half = vertices[number * len(vertices) // 2 : (number + 1) * len(vertices) // 2]
        center, radius, off = fit_sphere(half)
        assert np.linalg.norm(center - eye.center) < 1e-9
        assert radius == pytest.approx(eye.radius)
        assert off < 1e-9
    assert triangles.max() == len(vertices) - 1
    assert len(balls((None, None))[1]) == 0


def test_lids_around_nothing_are_kept_off_the_eyeball_that_they_are_made_for():
    """A flat sheet with a round hole: its site has the sphere behind it."""
    turn = np.arange(24) * 2 * np.pi / 24
    rings = [radius * np.stack([np.cos(turn), np.sin(turn)], axis=1) for radius in (0.014, 0.03)]
    points = np.column_stack([np.concatenate(rings), np.zeros(48)])
    at, following = np.arange(24), (np.arange(24) + 1) % 24
    triangles = np.concatenate(
        [np.stack([at, at + 24, following + 24], axis=1), np.stack([at, following + 24, following], axis=1)]
    )
    upper, lower = np.arange(12, -1, -1), np.concatenate([np.arange(12, 24), [0]])
    outward = references()["eye_left"].outward
    contour = Contour("eye_left", upper, lower, np.array([0.0, 1.0, 0.0]), outward, 0.028, 0.028, "open")
    site = eye_site(points, triangles, contour, None, None)
    expected = behind_lids("eye_left", points[contour.loop], 0.028)
    assert np.linalg.norm(site.center - expected.center) < 1e-12
    assert site.surface is not None
    reach = site.surface.reach(points[contour.loop])
    assert np.abs(reach[np.isfinite(reach)] / expected.radius - 1).max() < 1e-4
    assert (site.hold == 1).all()
