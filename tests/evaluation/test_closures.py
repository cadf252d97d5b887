"""What shows of an opening, and how deep lids are in an eye, in pictures of a sheet before a ball."""

from collections.abc import Callable

import numpy as np
import pytest
import trimesh

from backend.cloning.eyeballs import Eyeball
from backend.evaluation.closures import Opening, penetration, visible_height

RADIUS = 0.012
FRONT = np.array([0.0, 0.0, 1.0])
ROWS, COLUMNS = 5, 48


@pytest.fixture
def eye(almond: Callable[[int, int], tuple[np.ndarray, np.ndarray]]) -> Opening:
    """An almond 25 mm wide and 10 mm high in a sheet, an eyeball 3 mm behind it."""
    sheet, skin = almond(ROWS, COLUMNS)
    ball = trimesh.creation.icosphere(subdivisions=4, radius=RADIUS)
    center = np.array([0.0325, 0.035, 0.0935 - 0.003 - RADIUS])
    vertices = np.concatenate([sheet, np.asarray(ball.vertices) + center])
    inside = np.asarray(ball.faces) + len(sheet)
    rim = sheet[:COLUMNS]
    return Opening(vertices, skin, inside, np.zeros(len(skin), bool), rim, FRONT, Eyeball(center, RADIUS))


def shut(eye: Opening) -> np.ndarray:
    """Displacements that take the whole rim onto its middle line."""
    deltas = np.zeros_like(eye.vertices)
    deltas[:COLUMNS, 1] = 0.035 - eye.vertices[:COLUMNS, 1]
    return deltas


def test_what_shows_is_the_height_of_the_opening(eye: Opening):
    heights = [visible_height(eye, weight * shut(eye)) for weight in (0.0, 0.5, 1.0)]
    assert heights == pytest.approx([0.010, 0.005, 0.0], abs=0.0002)


def test_nothing_behind_the_opening_counts_as_much_as_an_eyeball(eye: Opening):
    empty = Opening(eye.vertices, eye.skin, eye.inside[:0], eye.behind, eye.rim, FRONT)
    assert visible_height(empty, shut(eye) * 0.5) == pytest.approx(0.005, abs=0.0002)
    assert penetration(empty, shut(eye)) is None


def test_an_eye_that_pokes_through_closed_lids_shows(eye: Opening):
    deltas = shut(eye)
    deltas[: ROWS * COLUMNS, 2] -= 0.005
    assert visible_height(eye, deltas) > 0.003


def test_the_depth_of_lids_is_a_share_of_the_radius(eye: Opening):
    deltas = shut(eye)
    assert penetration(eye, deltas) == 0.0
    deltas[: ROWS * COLUMNS, 2] -= 0.005
    assert penetration(eye, deltas) == pytest.approx(0.002 / RADIUS, abs=0.01)
