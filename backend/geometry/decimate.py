"""Edge-collapse decimation that keeps open borders and says where each vertex went."""

from threading import Lock

import fast_simplification
import numpy as np

from backend.geometry.edges import edge_runs
from backend.geometry.operators import vertex_normals

SIZE = 1000.0
"""Diameter, as four root mean square distances from the middle, that a mesh is scaled to: the library compares errors
with fixed thresholds, which grow slowly enough at this size for the cheapest edges to go first. A box's diagonal would
change with the frame, and with it which vertices remain."""

ATTEMPTS = 4
_one_at_a_time = Lock()


def decimate(vertices: np.ndarray, triangles: np.ndarray, budget: int) -> tuple[np.ndarray, np.ndarray]:
    """About `budget` of the vertices (n, 3) of triangles (t, 3), all of which must be used.

    Quadric edge collapse (Garland and Heckbert 1997), with a strip of temporary triangles standing on every open
    border so that borders (lids, a mouth slit, the edge of a crop) keep their outline; a mesh that is mostly
    border, such as cards of hair, goes without. What remains of the vertices stays where it was. A mesh of many
    small pieces may stay above the budget.

    Returns triangles (s, 3) in numbers of the given vertices, and into (n,) int64: the remaining vertex that each
    vertex was collapsed into, -1 where nothing of its surroundings remains.
    """
    points = np.asarray(vertices, np.float64)
    points = points - points.mean(0)
    points *= SIZE / max(4.0 * float(np.sqrt(np.square(points).sum(1).mean())), 1e-300)
    count = len(points)
    border = _border(triangles, count)
    if len(border) <= budget // 2:
        points, walls = _skirt(points, triangles, border)
        triangles = np.concatenate([triangles, walls])
    goal = float(budget)
    for _ in range(ATTEMPTS):
        target = int(np.clip(len(triangles) * goal / count, 4, len(triangles)))
        kept, into = _collapse(points, triangles, target, count)
        remaining = len(np.unique(kept))
        if 0.9 * budget <= remaining <= 1.05 * budget:
            break
        goal *= budget / max(remaining, 1)
    return kept, into


def _border(triangles: np.ndarray, count: int) -> np.ndarray:
    """(b, 2) the directed edges that only one triangle has."""
    order, starts, lengths = edge_runs(triangles, count)
    single = order[starts[lengths == 1]]
    return np.stack([triangles.ravel()[single], np.roll(triangles, -1, axis=1).ravel()[single]], axis=1)


def _skirt(points: np.ndarray, triangles: np.ndarray, border: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points with one more above every border vertex, and the triangles of the walls between them."""
    a, b = border.T
    feet = np.unique(border)
    above = np.full(len(points), -1)
    above[feet] = len(points) + np.arange(len(feet))
    walls = np.concatenate([np.stack([b, a, above[a]], axis=1), np.stack([b, above[a], above[b]], axis=1)])
    height = np.linalg.norm(points[a] - points[b], axis=1).mean() if len(border) else 0.0
    return np.concatenate([points, points[feet] + height * vertex_normals(points, triangles)[feet]]), walls


def _collapse(points: np.ndarray, triangles: np.ndarray, target: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    with _one_at_a_time:
        result = fast_simplification.simplify(points, triangles, target_count=target, return_collapses=True, agg=7.0)
    moved, collapses = result[0], result[-1]
    root = _roots(collapses, len(points))
    kept = root[triangles]
    kept = kept[(kept[:, 0] != kept[:, 1]) & (kept[:, 1] != kept[:, 2]) & (kept[:, 2] != kept[:, 0])]
    wanted = np.full((len(points), 3), np.nan)
    wanted[np.unique(kept)] = moved
    # The wall and what it stands on never become one vertex: only borders collapse with borders.
    kept = kept[(kept < count).all(1)]
    used = np.zeros(len(points), bool)
    used[kept] = True
    place = np.full(len(points), -1)
    members = np.flatnonzero(used[root[:count]])
    distance = np.linalg.norm(points[members] - wanted[root[members]], axis=1)
    order = np.lexsort((members, distance, root[members]))
    first = order[np.concatenate([[True], np.diff(root[members][order]) > 0])]
    place[root[members][first]] = members[first]
    return place[kept], place[root[:count]]


def _roots(collapses: np.ndarray, count: int) -> np.ndarray:
    """(count,) the vertex that each ends up in when the collapses (c, 2), second into first, are done in turn."""
    root = np.arange(count)
    root[collapses[:, 1]] = collapses[:, 0]
    while True:
        further = root[root]
        if np.array_equal(further, root):
            return root
        root = further
