"""Surfaces that are bent as rigidly as their borders allow."""

import numpy as np
import scipy.sparse as sparse

from backend.geometry.operators import factorise

ROUNDS = 8
"""Alternations of turning and placing; later ones change little."""

COTANGENTS = (0.05, 10.0)
"""Weights of edges are kept within these, because triangles that are all but flat ask for any."""


def redrawn(points: np.ndarray, triangles: np.ndarray, deltas: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Displacements (n, 3) whose `free` vertices (n,) bool are placed so that the surface around each of them is as
    nearly as possible only turned from how it lies in `points` (as-rigid-as-possible surfaces, Sorkine and Alexa 2007).

    points: (n, 3), triangles: (t, 3). deltas: (n, 3), which begin and, where not free, stay.
    """
    result = np.array(deltas, np.float64)
    local, faces = np.unique(triangles[free[triangles].any(1)], return_inverse=True)
    if len(local) == 0:
        return result
    loose = free[local]
    neutral, placed = points[local], points[local] + result[local]
    weights = _cotangents(neutral, faces.reshape(-1, 3))
    stiffness = sparse.csr_matrix(sparse.diags(np.asarray(weights.sum(1)).ravel()) - weights)
    rows = stiffness[loose]
    solver = factorise(rows[:, loose] + 1e-9 * sparse.diags(stiffness.diagonal()[loose]))
    links = weights.tocoo()
    steps = neutral[links.row] - neutral[links.col]
    for _ in range(ROUNDS):
        turned = placed[links.row] - placed[links.col]
        turns = _rotations(
            _sums(links.row, links.data[:, None, None] * steps[:, :, None] * turned[:, None], len(local))
        )
        wanted = np.einsum("eij,ej->ei", 0.5 * (turns[links.row] + turns[links.col]), steps)
        pull = _sums(links.row, links.data[:, None] * wanted, len(local))
        placed[loose] = solver.solve(pull[loose] - rows[:, ~loose] @ placed[~loose])
    result[local[loose]] = (placed - neutral)[loose]
    return result


def _cotangents(points: np.ndarray, faces: np.ndarray) -> sparse.csr_matrix:
    """(m, m) symmetric, half the sum of the cotangents that look at each edge."""
    weights = sparse.csr_matrix((len(points), len(points)))
    for corner in range(3):
        a, b, c = np.roll(faces, corner, axis=1).T
        one, other = points[a] - points[c], points[b] - points[c]
        area = np.maximum(np.linalg.norm(np.cross(one, other), axis=1), 1e-18)
        half = 0.5 * np.clip((one * other).sum(1) / area, *COTANGENTS)
        weights = weights + sparse.csr_matrix((half, (a, b)), shape=weights.shape)
    return sparse.csr_matrix(weights + weights.T)


def _sums(numbers: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """(count, ...) the sums of values (e, ...) with the same number."""
    gather = sparse.csr_matrix((np.ones(len(numbers)), (numbers, np.arange(len(numbers)))), shape=(count, len(numbers)))
    return np.asarray(gather @ values.reshape(len(values), -1)).reshape(count, *values.shape[1:])


def _rotations(covariance: np.ndarray) -> np.ndarray:
    """(m, 3, 3) the rotations nearest to what takes the first vectors of (m, 3, 3) products to the second."""
    left, _, right = np.linalg.svd(covariance)
    right[:, 2] *= np.sign(np.linalg.det(left @ right))[:, None]
    return right.transpose(0, 2, 1) @ left.transpose(0, 2, 1)
