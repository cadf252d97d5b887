"""The operators that the published networks were trained with, which differ from ours in three ways: the Laplacian is
the plain cotangent one, normals are not weighted by area, and the gradient is a damped least-squares fit.

The eigenbasis is the same problem as ours and is solved by ours. Theirs is of the same matrices up to 1e-8.
"""

import numpy as np
import potpourri3d
import scipy.sparse as sparse

from backend.errors import Refusal
from backend.geometry.operators import Operators, eigenbasis, tangent_frames, triangle_normals
from third_party.nfs.network import EIGENPAIRS

DAMPING = 1e-5
"""Added to the normal equations of the gradient's fit, in square units of the mesh: 1 mm edges keep 97 % of a gradient,
0.2 mm edges 55 %."""


def nfs_operators(vertices: np.ndarray, triangles: np.ndarray) -> Operators:
    """Mass, 128 eigenpairs, gradient and unit normals of a mesh: vertices (n, 3) in NFS's units, triangles (t, 3).

    Fewer than 130 vertices have fewer eigenpairs. Raises Refusal where the Laplacian is not finite.
    """
    points = np.ascontiguousarray(vertices, np.float64)
    corners = np.ascontiguousarray(triangles, np.int64)
    laplacian = potpourri3d.cotan_laplacian(points, corners, denom_eps=1e-10)
    mass = potpourri3d.vertex_areas(points, corners)
    mass = mass + 1e-8 * mass.mean()
    if not (np.isfinite(laplacian.data).all() and np.isfinite(mass).all()):
        raise Refusal("nfs-mesh", "The mesh has triangles without an area.", "Merge vertices by distance.")
    normals = mean_normals(points, corners)
    evals, evecs = eigenbasis(sparse.csc_matrix(laplacian), mass, EIGENPAIRS)
    return Operators(
        mass.astype(np.float32),
        evals.astype(np.float32),
        evecs.astype(np.float32),
        damped_gradient(points, corners, normals),
        normals.astype(np.float32),
    )


def mean_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(n, 3) unit normals: the mean of the unit normals of the triangles around a vertex, whatever their size."""
    normals = triangle_normals(np.asarray(vertices, np.float64), triangles)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    total = np.zeros((len(vertices), 3))
    for corner in range(3):
        np.add.at(total, triangles[:, corner], normals)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def damped_gradient(vertices: np.ndarray, triangles: np.ndarray, normals: np.ndarray) -> sparse.csr_matrix:
    """(2n, n): rows 2i and 2i+1 are the gradient at vertex i in its tangent frame, the least-squares fit to the
    differences along its edges, damped (Sharp et al. 2022). In which direction the frame lies is free: the network's
    features do not change when it turns about the normal."""
    n = len(vertices)
    pairs = np.concatenate([triangles[:, [a, b]] for a in range(3) for b in range(3) if a != b])
    tail, tip = np.unique(pairs, axis=0).T
    edge = vertices[tip] - vertices[tail]
    frame = np.stack(tangent_frames(normals), axis=1)  # (n, 2, 3)
    along = np.einsum("eij,ej->ei", frame[tail], edge)
    normal_matrix = np.tile(DAMPING * np.eye(2), (n, 1, 1))
    np.add.at(normal_matrix, tail, along[:, :, None] * along[:, None, :])
    weights = np.einsum("eij,ej->ei", np.linalg.inv(normal_matrix)[tail], along)
    rows = np.stack([2 * tail, 2 * tail + 1], axis=1).ravel()
    ends = np.concatenate([np.repeat(tip, 2), np.repeat(tail, 2)])
    values = np.concatenate([weights.ravel(), -weights.ravel()])
    return sparse.csr_matrix((values, (np.tile(rows, 2), ends)), shape=(2 * n, n), dtype=np.float32)
