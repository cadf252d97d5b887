"""Pickles that would fill memory or take for ever, and sparse matrices that lie."""

import pickle

import numpy as np
import pytest
from scipy.sparse import csc_matrix, csr_matrix

from third_party.unpickle import unpickle


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("make", [csc_matrix, csr_matrix])
def test_sparse_matrices_become_dense(make, protocol):
    dense = np.random.default_rng(1).integers(0, 3, (4, 9)).astype(float)
    dense[:, 3] = 0
    read = unpickle(pickle.dumps({"matrix": make(dense)}, protocol))["matrix"]
    np.testing.assert_array_equal(read, dense)


def test_fortran_order_is_kept():
    values = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(unpickle(pickle.dumps(values, 2)), values)


def test_what_is_shared_a_thousandfold_is_looked_into_once():
    nested: list = []
    for _ in range(60):
        nested = [nested, nested]
    assert len(unpickle(pickle.dumps(nested))) == 2


def test_what_holds_itself_is_refused():
    circle: list = []
    circle.append(circle)
    with pytest.raises(ValueError, match="holds itself"):
        unpickle(pickle.dumps(circle))


@pytest.mark.parametrize(
    "change",
    [
        {"_shape": (1 << 20, 1 << 20)},
        {"_shape": (-4, -9)},
        {"indices": np.full(3, 99, np.int32)},
        {"indptr": np.array([0, 3], np.int32)},
        {"indptr": np.array([0, 3, 1, 3], np.int32)},
    ],
)
def test_sparse_matrices_that_lie_are_refused(change):
    matrix = csc_matrix(np.eye(3))
    matrix.__dict__.update(change)
    with pytest.raises(ValueError, match="strange"):
        unpickle(pickle.dumps(matrix))
