"""What rides on the skin keeps its place over it, however the skin moves."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.cloning.riders import bond, carry
from backend.geometry.closest import closest_points


def bumpy(sheet, rows: int = 21):
    skin, faces = sheet(rows, rows)
    return skin + [0, 0, 1] * (0.002 * np.sin(skin[:, :1] * 300) * np.cos(skin[:, 1:2] * 250)), faces


def shell(skin: np.ndarray, height: float) -> np.ndarray:
    """Points over the middle of the sheet, `height` above it."""
    inner = np.abs(skin[:, :2] - skin[:, :2].mean(0)).max(1) < 0.012
    return skin[inner] + [0.0007, 0.0004, height]


@pytest.mark.parametrize("height", [0.0003, 0.003])
def test_a_shell_keeps_its_distance_while_the_skin_bends(sheet, height):
    skin, faces = bumpy(sheet)
    brow = shell(skin, height)
    hold = bond(brow, np.zeros(len(brow), int), np.zeros(len(brow), bool), skin, faces)
    wave = np.stack([0 * skin[:, 0], 0.002 * np.sin(skin[:, 0] * 90), 0.004 * np.cos(skin[:, 1] * 80)], axis=1)
    moved = carry(hold, wave)
    before = closest_points(brow, skin, faces)[2]
    after = closest_points(brow + moved, skin + wave, faces)[2]
    assert np.abs(after - before).max() < 0.05 * max(height, 0.001)
    assert np.abs(moved).max() > 0.003


def test_a_turn_is_followed_exactly(sheet):
    skin, faces = bumpy(sheet)
    beard = shell(skin, 0.006)
    turn = Rotation.from_euler("xyz", [70, -20, 15], degrees=True).as_matrix()
    hold = bond(beard, np.zeros(len(beard), int), np.zeros(len(beard), bool), skin, faces)
    moved = carry(hold, skin @ turn.T + [0.01, 0, 0.02] - skin)
    assert np.abs(beard + moved - beard @ turn.T - [0.01, 0, 0.02]).max() < 1e-9


def test_stretched_skin_does_not_turn_what_stands_on_it(sheet):
    skin, faces = sheet(21, 21)
    hair = np.array([[0.02, 0.02, z] for z in np.linspace(0.0002, 0.008, 9)])
    hold = bond(hair, np.zeros(9, int), np.ones(9, bool), skin, faces)
    moved = carry(hold, np.stack([0.6 * skin[:, 0], 0 * skin[:, 0], 0 * skin[:, 0]], axis=1))
    assert np.ptp(moved, axis=0).max() < 1e-6


def test_a_lashs_tip_hangs_on_its_root(sheet):
    """Two pieces of skin, 6 mm apart; a row of lashes stands on the lower one, their tips are nearer to the upper."""
    lid, faces = sheet(11, 11)
    skin = np.concatenate([lid, lid + np.array([0, 0, 0.006])])
    both = np.concatenate([faces, faces + len(lid)])
    lash = np.array([[x, 0.01, z] for x in (0.008, 0.009, 0.01) for z in (0.0002, 0.002, 0.0042)])
    below = np.zeros_like(skin)
    below[: len(lid)] = [0, 0.003, -0.002]
    hold = bond(lash, np.zeros(9, int), np.ones(9, bool), skin, both)
    assert np.allclose(carry(hold, below), [0, 0.003, -0.002], atol=1e-9)


def test_pieces_do_not_share_roots(sheet):
    skin, faces = sheet(21, 21)
    pair = np.array([[0.0100, 0.02, 0.001], [0.0101, 0.02, 0.001], [0.0102, 0.02, 0.001]])
    pairs = np.concatenate([pair, pair + np.array([0.012, 0, 0])])
    left = np.where(skin[:, :1] < 0.016, [[0.0, 0.0, 0.002]], 0.0)
    moved = carry(bond(pairs, np.repeat([0, 1], 3), np.zeros(6, bool), skin, faces), left)
    assert np.abs(moved[:3] - [0, 0, 0.002]).max() < 1e-6
    assert np.abs(moved[3:]).max() < 1e-6
