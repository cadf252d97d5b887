"""Voices that are made of another one."""

import numpy as np

from backend.training.voices.hibari import stretched


def test_formants_move_by_the_factor():
    spectrum = np.exp(-0.5 * ((np.arange(600)[:, None] - [200, 300]) / 20) ** 2).astype(np.float32)
    for factor in (0.8, 1.0, 1.2):
        moved = stretched(spectrum, factor)
        assert np.abs(moved.argmax(0) - np.array([200, 300]) * factor).max() <= 1 and moved.max() > 0.99
