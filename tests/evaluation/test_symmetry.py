"""The error between the two sides of shapes."""

import numpy as np
import pytest

from backend.evaluation.symmetry import mirror_errors
from backend.geometry.symmetry import Mirror

FOUND = Mirror(np.diag([-1.0, 1.0, 1.0, 1.0]), np.array([0, 1, 2, 3]), np.array([2, 3, 0, 1]))
NAMES = ("mouthSmileLeft", "mouthSmileRight", "jawOpen")


def fields() -> np.ndarray:
    """Shapes of four vertices that mirror each other exactly."""
    deltas = np.zeros((3, 4, 3))
    deltas[0, 0] = [0.01, 0.02, 0.0]
    deltas[1, 2] = [-0.01, 0.02, 0.0]
    deltas[2, [0, 2]] = [0.0, -0.03, 0.0]
    return deltas


def test_mirrored_shapes_have_no_error_and_still_ones_are_left_out():
    deltas = fields()
    deltas[2] *= 1e-3
    errors = mirror_errors(FOUND, NAMES, deltas, np.ones(4), 5e-4)
    assert errors == pytest.approx({"mouthSmileLeft": 0.0, "mouthSmileRight": 0.0})


def test_what_one_side_does_more_is_its_error():
    deltas = fields()
    deltas[0, 0] *= 1.1
    deltas[2, 0, 0] = 0.003
    errors = mirror_errors(FOUND, NAMES, deltas, np.ones(4), 5e-4)
    assert errors["mouthSmileRight"] == pytest.approx(0.1)
    assert errors["mouthSmileLeft"] == pytest.approx(0.1 / 1.1)
    assert errors["jawOpen"] == pytest.approx(np.sqrt(2 * 0.003**2 / (2 * 0.03**2 + 0.003**2)))
