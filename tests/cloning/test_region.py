"""Nothing moves beyond the face."""

import numpy as np

from backend.cloning.reference import references
from backend.cloning.region import face_region


def test_lids_and_lips_move_whole():
    for opening in references().values():
        assert (face_region(np.concatenate([opening.upper, opening.lower])) == 1.0).all()


def test_scalp_nape_ears_and_chest_stay():
    places = np.array([[0, 0.13, 0.05], [0, 0.02, -0.09], [0.08, 0.0, -0.005], [0, -0.16, 0.06]])
    assert not face_region(places).any()


def test_motion_fades_smoothly():
    steps = face_region(np.stack([np.zeros(200), np.linspace(0.08, 0.13, 200), np.full(200, 0.06)], axis=1))
    assert (np.diff(steps) <= 0).all()
    assert np.abs(np.diff(steps)).max() < 0.03
