"""Deformations of one mesh on another of the same triangulation."""

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as sparse_linalg

from backend.geometry.operators import triangle_normals

SLIVER = 1e-3
"""Triangles smaller than this share of the median area count as this large: the gradients of slivers are noise."""


def transfer_deformations(
    source: np.ndarray, deltas: np.ndarray, target: np.ndarray, triangles: np.ndarray
) -> np.ndarray:
    """(K, n, 3) displacements of the target whose deformation gradients are those of the source.

    source, target: (n, 3), roughly aligned, in one unit; triangles: (t, 3) of both; deltas: (K, n, 3) displacements of
    the source. Sumner and Popovic 2004, solved for displacements as an area-weighted Poisson problem (Botsch et al.
    2006). What gradients leave open, the place of each connected piece, comes from the source's own
    displacements, by a weight that only shows over lengths of the whole mesh.
    """
    gradient, areas = _gradient(np.asarray(target, np.float64), triangles)
    weighted = sparse.csr_matrix(gradient.T @ sparse.diags(np.repeat(areas, 3)))
    mass = np.bincount(triangles.ravel(), np.repeat(areas / 3, 3), minlength=len(target))
    anchor = np.maximum(mass, mass.max() * 1e-9) / max(np.square(np.ptp(target, axis=0)).sum(), 1e-300)
    solver = sparse_linalg.splu(sparse.csc_matrix(weighted @ gradient + sparse.diags(anchor)))
    rest = _frames(np.asarray(source, np.float64), triangles)
    solid = np.abs(np.linalg.det(rest)) > 1e-12 * np.abs(np.linalg.det(rest)).max()
    inverse = np.linalg.inv(np.where(solid[:, None, None], rest, np.eye(3)))
    result = np.empty((len(deltas), *target.shape))
    for at, delta in enumerate(deltas):
        change = _frames(source + delta, triangles) @ inverse - np.eye(3)
        change[~solid] = 0.0
        # row 3t + i of the gradient is the derivative along axis i, so the change is wanted with derivatives as rows
        wanted = np.swapaxes(change, 1, 2).reshape(-1, 3)
        result[at] = solver.solve(weighted @ wanted + anchor[:, None] * delta)
    return result


def _frames(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(t, 3, 3) two edges of each triangle and its normal, scaled as an edge, as columns."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    normal = np.cross(b - a, c - a)
    length = np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    return np.stack([b - a, c - a, normal / np.sqrt(length)], axis=2)


def _gradient(vertices: np.ndarray, triangles: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
    """(3t, n) derivatives along x, y and z of a piecewise linear function, and the areas (t,), slivers widened."""
    normals = triangle_normals(vertices, triangles)
    double = np.linalg.norm(normals, axis=1)
    unit = normals / np.maximum(double, 1e-300)[:, None]
    double = np.maximum(double, SLIVER * np.median(double))
    rows = (3 * np.arange(len(triangles))[:, None] + np.arange(3)).ravel()
    row, column, value = [], [], []
    for corner in range(3):
        opposite = vertices[triangles[:, (corner + 2) % 3]] - vertices[triangles[:, (corner + 1) % 3]]
        row.append(rows)
        column.append(np.repeat(triangles[:, corner], 3))
        value.append((np.cross(unit, opposite) / double[:, None]).ravel())
    entries = (np.concatenate(value), (np.concatenate(row), np.concatenate(column)))
    return sparse.csr_matrix(entries, shape=(3 * len(triangles), len(vertices))), double / 2
