"""Lips are kept before teeth, and only where they are not."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.cloning.rim import Contour
from backend.cloning.teeth import STILL, Bite, bite, keep_off_teeth

WIDTH = 0.05
ARCH = 0.022


def arch(radius: float, low: float, high: float, columns: int = 60, rows: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """The front half of an upright cylinder about the y axis at z = 0.07: vertices and triangles."""
    angle = np.linspace(-1.3, 1.3, columns)
    height = np.linspace(low, high, rows)
    angle, height = (grid.ravel() for grid in np.meshgrid(angle, height))
    vertices = np.column_stack([radius * np.sin(angle), height, 0.07 + radius * np.cos(angle)])
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    below = np.stack([corner, corner + 1, corner + columns + 1], axis=1)
    return vertices, np.concatenate([below, np.stack([corner, corner + columns + 1, corner + columns], axis=1)])


@dataclass(frozen=True)
class Mouth:
    """skin: (n, 3), triangles: (t, 3), the rim of the lips in it, the lower teeth (q, 3), and the bite."""

    skin: np.ndarray
    triangles: np.ndarray
    contour: Contour
    lower: np.ndarray
    bite: Bite


def lips_before_teeth() -> Mouth:
    """Lips 2 mm before a row of upper and a row of lower teeth. Their line is a row of the skin's vertices."""
    skin, triangles = arch(ARCH + 0.002, -0.055, -0.015, rows=41)
    upper, upper_faces = arch(ARCH, -0.034, -0.022)
    lower, lower_faces = arch(ARCH, -0.048, -0.036)
    line = 20 * 60 + np.arange(5, 55)
    outward = np.array([0.0, 0.0, 1.0])
    contour = Contour("mouth", line, line[[0, -1]], np.array([0.0, 1.0, 0.0]), outward, WIDTH, 0.0, "closed")
    rows = [upper_faces, lower_faces + len(upper)]
    found = bite(skin, triangles, contour, np.concatenate([upper, lower]), rows)
    assert found is not None
    return Mouth(skin, triangles, contour, lower, found)


@pytest.fixture(scope="module")
def mouth():
    found = lips_before_teeth()
    return found.skin, found.triangles, found.bite


def before_teeth(points: np.ndarray) -> np.ndarray:
    return np.hypot(points[:, 0], points[:, 2] - 0.07) - ARCH


def test_neutral_lips_do_not_collide(mouth):
    skin, triangles, site = mouth
    assert site.collision(skin, STILL) == 0.0
    free = np.ones(len(skin), bool)
    still = keep_off_teeth(skin, triangles, np.zeros_like(skin), site, STILL, free)
    assert not still.any()


def test_the_depth_of_a_collision_is_known(mouth):
    skin, _, site = mouth
    ray = (skin - [0, 0, 0.07]) * [1, 0, 1]
    sunk = skin - 0.005 * ray / np.linalg.norm(ray, axis=1, keepdims=True)
    assert site.collision(sunk, STILL) * WIDTH == pytest.approx(0.003, rel=0.1)


def test_lips_that_sink_are_brought_before_the_teeth(mouth):
    skin, triangles, site = mouth
    dent = np.exp(-((skin[:, 0] / 0.008) ** 2) - ((skin[:, 1] + 0.03) / 0.006) ** 2)[:, None] * [0, 0, -0.006]
    free = np.ones(len(skin), bool)
    assert site.collision(skin + dent, STILL) > 0.05
    kept = keep_off_teeth(skin, triangles, dent, site, STILL, free)
    assert site.collision(skin + kept, STILL) < 0.002
    teeth = (skin[:, 1] > -0.033) & (skin[:, 1] < -0.023)
    assert before_teeth((skin + kept)[teeth]).min() > 0
    far = skin[:, 1] < -0.053
    assert np.abs(kept - dent)[far].max() < 2e-4


def test_what_may_not_move_stays(mouth):
    skin, triangles, site = mouth
    dent = np.broadcast_to([0.0, 0.0, -0.004], skin.shape)
    held = keep_off_teeth(skin, triangles, dent, site, STILL, np.zeros(len(skin), bool))
    np.testing.assert_array_equal(held, dent)


def test_the_lower_row_moves_with_the_jaw(mouth):
    skin, _, site = mouth
    turn = Rotation.from_euler("x", 15, degrees=True).as_matrix()
    hinge = np.array([0.0, -0.01, -0.01])
    jaw = (turn, hinge - turn @ hinge)
    opened = skin @ turn.T + jaw[1]
    low = skin[:, 1] < -0.035
    assert site.collision(np.where(low[:, None], opened, skin), jaw) == 0.0
    assert site.collision(opened, STILL) > 0.02


def test_without_teeth_there_is_no_bite(mouth):
    skin, triangles, _ = mouth
    contour = Contour(
        "mouth", np.arange(9), np.array([0, 8]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), WIDTH, 0.0, "closed"
    )
    nothing = np.zeros((0, 3), int)
    assert bite(skin, triangles, contour, skin, [nothing, nothing]) is None


def test_the_sharp_corner_of_a_tooth_is_not_overlooked():
    """Lips of large triangles, 1 mm before a row of teeth from which a cone stands out by 2 mm."""
    lip, faces = arch(ARCH + 0.001, -0.036, -0.02, columns=9, rows=3)
    row, row_faces = arch(ARCH, -0.034, -0.022)
    line = np.arange(9)
    contour = Contour("mouth", line, line[[0, -1]], np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), WIDTH, 0.0, "closed")

    def depth(teeth: np.ndarray) -> float:
        none = np.zeros((0, 3), int)
        found = bite(lip + np.array([0, 0, 0.005]), faces, contour, teeth, [row_faces, none])
        assert found is not None
        return found.collision(lip, STILL) * WIDTH

    tip = row[6 * 60 + 32]
    height = 0.002 * np.maximum(1 - np.linalg.norm(row - tip, axis=1) / 0.003, 0)[:, None]
    assert depth(row) < 0.0001
    assert depth(row + height * (row - [0, 0, 0.07]) * [1, 0, 1] / ARCH) == pytest.approx(0.001, abs=0.00025)


def test_lips_sunk_in_the_neutral_come_out_where_they_slide(mouth):
    """Lips that lie 1 mm behind the teeth at one place are not allowed to carry that to the next."""
    skin, triangles, _ = mouth
    ray = (skin - [0, 0, 0.07]) * [1, 0, 1]
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    dent = 0.003 * np.exp(-((skin[:, :1] / 0.006) ** 2) - ((skin[:, 1:2] + 0.028) / 0.004) ** 2)
    sunk = skin - dent * ray
    upper, upper_faces = arch(ARCH, -0.034, -0.022)
    line = 20 * 60 + np.arange(5, 55)
    contour = Contour("mouth", line, line[[0, -1]], np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), WIDTH, 0.0, "closed")
    own = bite(sunk, triangles, contour, upper, [upper_faces, np.zeros((0, 3), int)])
    assert own is not None
    slide = np.zeros_like(skin)
    slide[:, 0] = 0.004
    free = np.ones(len(skin), bool)
    kept = keep_off_teeth(sunk, triangles, slide, own, STILL, free)
    teeth = (skin[:, 1] > -0.033) & (skin[:, 1] < -0.023) & (np.abs(skin[:, 0]) < 0.01)
    assert before_teeth((sunk + slide)[teeth]).min() < -0.0006
    assert before_teeth((sunk + kept)[teeth]).min() > -0.0003
