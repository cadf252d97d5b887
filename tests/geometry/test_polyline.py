"""Lengths, resampling and the gap between two chains."""

import numpy as np
import pytest

from backend.geometry.polyline import arc_length, dense, height_gap, resample

UP, OUT = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])


def test_arc_length_and_dense():
    line = np.array([[0.0, 0, 0], [3, 0, 0], [3, 1, 0]])
    assert arc_length(line).tolist() == [0, 0.75, 1]
    assert np.allclose(dense(line, 5), [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0], [3, 1, 0]])
    assert np.allclose(resample(line, np.array([0.375]), arc_length(line)), [[1.5, 0, 0]])


def test_gap_of_an_almond_and_of_crossed_chains():
    x = np.linspace(-1, 1, 201)
    arch = np.stack([x, 1 - x**2, 0 * x], axis=1)
    flat = np.stack([x[::50], 0 * x[::50], 0 * x[::50]], axis=1)
    gap = height_gap(arch, flat, UP, OUT)
    assert gap.max() == pytest.approx(1.0, abs=1e-3)
    assert gap.min() == pytest.approx(1 - 0.9**2, abs=1e-3)
    assert height_gap(flat, arch, UP, OUT).min() == pytest.approx(-1.0, abs=1e-3)


def test_a_fold_counts_where_it_faces_the_other_chain():
    folded = np.array([[-1.0, 1, 0], [0.5, 1, 0], [-0.5, 0.2, 0], [1, 1, 0]])
    flat = np.array([[-1.0, 0, 0], [1, 0, 0]])
    assert height_gap(folded, flat, UP, OUT).min() == pytest.approx(0.2, abs=0.03)
