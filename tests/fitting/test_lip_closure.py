"""Lips that meet in the pictures meet in the curves."""

import numpy as np

from backend.channels import ARKIT_NAMES, convert_weights
from backend.fitting.basis import NAMES, open_head_basis
from backend.fitting.lip_closure import APART, MEET, close_lips, lip_gap


def test_lips_meet_where_they_are_seen_to_and_nothing_else_changes():
    basis = open_head_basis()
    weights = np.zeros((3, len(ARKIT_NAMES)))
    weights[:, [ARKIT_NAMES.index(name) for name in ("jawOpen", "mouthSmileLeft", "eyeBlinkLeft")]] = 0.3, 0.6, 1.0
    closed = close_lips(weights, np.array([0.5 * MEET, 0.5 * (MEET + APART), 2 * APART]), basis)
    places = basis.mean + np.tensordot(convert_weights(closed, ARKIT_NAMES, NAMES), basis.expression, 1)
    gaps, rest = lip_gap(places), lip_gap(basis.mean[None])[0]
    assert gaps[0] < rest + 0.005 and gaps[2] > rest + 0.05 and gaps[0] < gaps[1] < gaps[2]
    assert np.array_equal(closed[2], weights[2])
    kept = [ARKIT_NAMES.index(name) for name in ("mouthSmileLeft", "eyeBlinkLeft", "browInnerUp")]
    assert np.array_equal(closed[:, kept], weights[:, kept])
    assert closed.min() >= 0 and closed.max() <= 1
