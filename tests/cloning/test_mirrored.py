"""Shapes of a symmetric head become each other's mirror images; others stay as they are."""

import numpy as np

from backend.channels import FACE_NAMES
from backend.cloning.landmark_map import canonical_landmarks, mirrored_landmarks, symmetric_landmarks
from backend.cloning.mirrored import mirrored
from backend.geometry.symmetry import find_mirror

RANDOM = np.random.default_rng(1)
SIDE = RANDOM.uniform([0.004, -0.1, 0.0], [0.08, 0.1, 0.1], (100, 3))
POINTS = np.concatenate([SIDE, SIDE * [-1, 1, 1]])
SHAPES = RANDOM.standard_normal((len(FACE_NAMES), 200, 3)).astype(np.float32)
SMILES = [FACE_NAMES.index(name) for name in ("mouthSmile_L", "mouthSmile_R")]
JAW = FACE_NAMES.index("jawOpen")


def test_each_side_becomes_the_mirror_image_of_the_other():
    result = mirrored(SHAPES, find_mirror(POINTS, np.arange(200)))
    left, right = result[SMILES]
    assert np.abs(left[:100] - right[100:] * [-1, 1, 1]).max() < 1e-5
    assert np.abs(result[JAW, :100] - result[JAW, 100:] * [-1, 1, 1]).max() < 1e-5
    assert np.allclose(left[:100], 0.5 * (SHAPES[SMILES[0], :100] + SHAPES[SMILES[1], 100:] * [-1, 1, 1]), atol=1e-5)


def test_mirrored_shapes_stay_and_so_do_those_of_an_uneven_head():
    once = mirrored(SHAPES, find_mirror(POINTS, np.arange(200)))
    assert np.abs(mirrored(once, find_mirror(POINTS, np.arange(200))) - once).max() < 1e-5
    uneven = POINTS + RANDOM.standard_normal(POINTS.shape) * 0.005
    assert np.array_equal(mirrored(SHAPES, find_mirror(uneven, np.arange(200))), SHAPES)


def test_landmarks_become_symmetric_and_one_that_is_not_seen_follows_its_partner():
    table = canonical_landmarks()
    given = table + RANDOM.standard_normal(table.shape) * 0.001
    left = int(np.argmax(table[:, 0]))
    right = int(mirrored_landmarks()[left])
    given[left] = np.nan
    found = symmetric_landmarks(given)
    assert np.allclose(found, (found * [-1, 1, 1])[mirrored_landmarks()])
    assert np.allclose(found[right], given[right])
    given[right] = np.nan
    assert np.isnan(symmetric_landmarks(given)[[left, right]]).all()
    assert np.isfinite(symmetric_landmarks(given)).all(1).sum() == len(table) - 2
