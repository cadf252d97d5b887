"""Carrying displacements of a few vertices smoothly into the surface around them."""

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as sparse_linalg
from scipy.sparse.csgraph import dijkstra

from backend.geometry.operators import laplacian


def edge_graph(vertices: np.ndarray, triangles: np.ndarray) -> sparse.csr_matrix:
    """(n, n) symmetric, the length of every edge."""
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    length = np.linalg.norm(vertices[pairs[:, 0]] - vertices[pairs[:, 1]], axis=1) + 1e-12
    graph = sparse.csr_matrix((length, (pairs[:, 0], pairs[:, 1])), shape=(len(vertices), len(vertices)))
    return (graph + graph.T).tocsr()


def surface_distance(vertices: np.ndarray, triangles: np.ndarray, sources: np.ndarray, limit: float) -> np.ndarray:
    """(n,) length of the shortest chain of edges to any of the sources, infinite beyond `limit`."""
    if len(sources) == 0:
        return np.full(len(vertices), np.inf)
    graph = edge_graph(vertices, triangles)
    return dijkstra(graph, directed=False, indices=np.asarray(sources), min_only=True, limit=limit)


def spread(
    vertices: np.ndarray,
    triangles: np.ndarray,
    handles: np.ndarray,
    values: np.ndarray,
    reach: float,
    free: np.ndarray | None = None,
) -> np.ndarray:
    """(n, 3): `values` (h, 3) at the vertices `handles` (h,), zero further than `reach` along the surface, smooth
    between. Handles named twice get the mean of their values.

    vertices: (n, 3), triangles: (t, 3), reach in the same units. free: (n,) bool, where anything may move. Minimises
    bending plus a share of stretching (a biharmonic and a harmonic term), so it does not overshoot as a purely
    biharmonic field does; exact at the handles.
    """
    result = np.zeros((len(vertices), 3))
    handles = np.asarray(handles)
    count = np.bincount(handles, minlength=len(vertices))
    for axis in range(3):
        total = np.bincount(handles, values[:, axis], minlength=len(vertices))
        result[:, axis] = total / np.maximum(count, 1)
    if free is not None:
        result[~free] = 0
    if len(handles) == 0 or not np.any(result):
        return result
    points = np.asarray(vertices, np.float64)
    distance = surface_distance(points, triangles, np.unique(handles), 3 * reach)
    within = np.isfinite(distance)
    faces = triangles[within[triangles].all(1)]
    local, faces = np.unique(faces, return_inverse=True)
    faces = faces.reshape(-1, 3)
    if len(faces) < 2:
        return result
    matrix, mass = laplacian(points[local], faces)
    bending = matrix @ sparse.diags(1.0 / mass) @ matrix
    system = (bending + (4.0 / reach**2) * matrix).tocsc()
    solve = (distance[local] < reach) & (count[local] == 0)
    if free is not None:
        solve &= free[local]
    if not solve.any():
        return result
    inner = system[solve][:, solve] + 1e-12 * sparse.diags(system.diagonal()[solve])
    known = system[solve][:, ~solve] @ result[local[~solve]]
    result[local[solve]] = sparse_linalg.splu(inner.tocsc()).solve(-known)
    return result
