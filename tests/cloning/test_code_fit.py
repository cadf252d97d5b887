"""Bounded, sparse least squares against an independent solver."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear
from scipy.spatial.transform import Rotation

from backend.cloning.code_fit import learn_dictionary, rigid_modes, solve_codes, weighted


@pytest.fixture(scope="module")
def problem() -> tuple[np.ndarray, np.ndarray]:
    """fields (8, 90), two of them nearly alike, and displacements (20, 90)."""
    random = np.random.default_rng(0)
    fields = random.standard_normal((8, 90))
    fields[5] = fields[4] + 0.05 * random.standard_normal(90)
    return fields, 1.5 * random.random((20, 8)) @ fields - 0.3 + 0.2 * random.standard_normal((20, 90))


@pytest.mark.parametrize(("sparse", "small"), [(0.0, 0.0), (2.0, 5.0)])
def test_it_finds_the_least_that_scipy_finds(problem, sparse, small):
    fields, motion = problem
    count = np.ones(len(motion))
    codes = solve_codes(
        fields @ fields.T, motion @ fields.T, sparse * count, small * count, np.zeros((20, 8)), np.zeros(8, bool)
    )
    # x'x small / 2 + sum(x) sparse as rows of the same least squares, but for a constant.
    rows = np.concatenate([fields.T, np.sqrt(small + 1e-9) * np.eye(8)])
    for row, code in zip(motion, codes, strict=True):
        goal = np.concatenate([row, np.full(8, -sparse / np.sqrt(small + 1e-9))])
        np.testing.assert_allclose(code, lsq_linear(rows, goal, (0, 1), tol=1e-12).x, atol=2e-4)


def test_fixed_channels_keep_their_codes_and_are_accounted_for(problem):
    fields, _ = problem
    truth = np.random.default_rng(1).random((6, 8))
    motion = truth @ fields
    fixed = np.arange(8) < 3
    start = np.where(fixed, truth, 0)
    nothing = np.zeros(6)
    codes = solve_codes(fields @ fields.T, motion @ fields.T, nothing, nothing, start, fixed)
    np.testing.assert_array_equal(codes[:, :3], truth[:, :3])
    np.testing.assert_allclose(codes, truth, atol=1e-5)


def test_a_shape_that_moves_nothing_gets_no_code(problem):
    fields, motion = problem
    fields = np.concatenate([fields, np.zeros((1, 90))])
    nothing = np.zeros(len(motion))
    codes = solve_codes(fields @ fields.T, motion @ fields.T, nothing, nothing, np.zeros((20, 9)), np.zeros(9, bool))
    assert np.isfinite(codes).all()
    assert not codes[:, 8].any()


def test_of_two_candidates_the_one_that_made_the_motion_is_learnt():
    random = np.random.default_rng(2)
    candidates = random.standard_normal((2, 6, 120)) * 0.01
    codes = random.random((40, 6))
    learnt = learn_dictionary(candidates, codes @ candidates[1], np.zeros(6, bool), np.zeros((40, 6)))
    np.testing.assert_allclose(learnt.mixture, (0, 1), atol=1e-3)
    assert learnt.noise < 1e-8


def test_a_rigid_motion_is_left_out_unless_the_skull_holds_the_head():
    random = np.random.default_rng(3)
    face, skull = 0.05 * random.standard_normal((50, 3)) + (0, 0, 0.1), 0.1 * random.standard_normal((60, 3))
    weights = np.full(50, 1 / 50)
    turned = (face @ Rotation.from_rotvec((0.001, 0.002, 0)).as_matrix().T - face)[None]
    flat = weighted(turned, weights)
    free = rigid_modes(face, weights, skull[:0], np.zeros(0)).without(flat)
    held = rigid_modes(face, weights, skull, np.full(60, 100.0)).without(flat)
    assert np.linalg.norm(free) < 0.01 * np.linalg.norm(flat)
    assert np.linalg.norm(held) > 0.99 * np.linalg.norm(flat)
