"""The edges of triangle meshes."""

import numpy as np


def edge_runs(triangles: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The undirected edges of triangles (t, 3) over `count` vertices.

    Returns half edges (3t,) sorted so that those of one edge are neighbours, the place in that order where each edge
    starts (e,), and how many half edges it has (e,). Half edge h belongs to triangle h // 3 and runs from its
    corner h % 3 to the next.
    """
    key = _keys(triangles, count).ravel()
    order = np.argsort(key, kind="stable")
    key = key[order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    return order, starts, np.diff(np.append(starts, len(key)))


def unique_edges(triangles: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The undirected edges (e, 2) int64 of triangles (t, 3) over `count` vertices, lower vertex first, in ascending
    order, and how many half edges each has (e,)."""
    keys, number = np.unique(_keys(triangles, count), return_counts=True)
    return np.stack(np.divmod(keys, count), axis=1), number


def quartered(triangles: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Each of the triangles (t, 3) over `count` vertices as four (4t, 3), with new vertices in the middles of the
    edges, which are numbered from `count` on. Also returns the two ends of each of these edges (e, 2)."""
    keys, middle = np.unique(_keys(triangles, count), return_inverse=True)
    a, b, c = triangles.T
    ab, bc, ca = (middle.reshape(-1, 3) + count).T
    finer = [np.stack(corners, axis=1) for corners in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return np.stack(np.divmod(keys, count), axis=1), np.concatenate(finer)


def border_vertices(triangles: np.ndarray, count: int) -> np.ndarray:
    """(count,) bool: vertices of edges that only one triangle has."""
    edges, number = unique_edges(triangles, count)
    border = np.zeros(count, bool)
    border[edges[number == 1]] = True
    return border


def _keys(triangles: np.ndarray, count: int) -> np.ndarray:
    """(t, 3) one number for each half edge, the same for both directions: rows of two numbers sort forty times more
    slowly."""
    a = np.asarray(triangles, np.int64)
    b = a[:, [1, 2, 0]]
    return np.minimum(a, b) * count + np.maximum(a, b)
