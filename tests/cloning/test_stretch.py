"""Shapes grow with the features that they move."""

import numpy as np
import trimesh

from backend.cloning.stretch import GAIN, SAME_SIZE, carry, local_stretch

MESH = trimesh.creation.icosphere(subdivisions=5, radius=0.1)
CANONICAL = np.asarray(MESH.vertices)
FACE = np.ones(len(CANONICAL))


def test_a_marked_scale_is_found_less_what_counts_for_none():
    stretch = local_stretch(CANONICAL, 1.4 * CANONICAL + 0.01, FACE)
    assert np.abs(stretch - (1.4 / np.exp(SAME_SIZE)) ** GAIN * np.eye(3)).max() < 1e-6


def test_what_differs_between_people_stretches_nothing():
    face = CANONICAL * [1.1, 0.95, 1.0]
    assert np.abs(local_stretch(CANONICAL, face, FACE) - np.eye(3)).max() < 1e-6


def test_a_wide_mouth_smiles_wide():
    wide = CANONICAL * [2.2, 1.0, 1.0]
    front = CANONICAL[:, 2] > 0.095
    smile = np.zeros((1, len(CANONICAL), 3))
    smile[0, :, 0] = 0.005
    carried = carry(smile, local_stretch(CANONICAL, wide, FACE))[0, front, 0]
    assert (carried > 0.0065).all()
    assert (carried < 0.009).all()


def test_a_mirrored_map_becomes_a_turn_and_no_reflection():
    stretch = local_stretch(CANONICAL, CANONICAL * [1.0, 1.0, -1.0], FACE)
    assert (np.linalg.det(stretch) > 0).all()


def test_off_the_face_nothing_is_stretched():
    face = np.where(CANONICAL[:, 2] > 0, 1.0, 0.0)
    stretch = local_stretch(CANONICAL, 2 * CANONICAL, face)
    assert np.array_equal(stretch[face == 0], np.tile(np.eye(3), (int((face == 0).sum()), 1, 1)))
