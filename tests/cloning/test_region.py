"""Nothing moves beyond the face, and what belongs to an eye ends near it."""

import numpy as np

from backend.cloning.reference import references
from backend.cloning.region import channel_region, face_region


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


def test_looking_moves_lids_and_not_brows():
    eye = references()["eye_left"]
    margins = np.concatenate([eye.upper, eye.lower])
    brow = margins + np.array([0.0, 0.03, 0.0])
    assert (channel_region("eyeLookUp_L", margins) == 1.0).all()
    assert not channel_region("eyeLookUp_L", brow).any()
    assert not channel_region("eyeLookUp_R", margins).any()
    assert (channel_region("browOuterUp_L", brow) == 1.0).all()


def test_a_squint_reaches_further_than_the_lids():
    eye = references()["eye_right"]
    below = eye.lower - np.array([0.0, 0.014, 0.0])
    assert channel_region("eyeSquint_R", below).min() > 0.9
    assert channel_region("eyeLookDown_R", below).max() < 0.5
