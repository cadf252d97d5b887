"""From the user's polygons to one clean triangle mesh, with the way back."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from backend.errors import Refusal
from backend.geometry.edges import edge_runs
from backend.geometry.mesh import FaceMesh
from backend.geometry.operators import triangle_normals
from backend.geometry.orientation import orient

SAME_PLACE = 1e-6
"""Border vertices closer than this share of the diagonal of all of their object's borders are at the same place."""


@dataclass(frozen=True)
class CleanMesh:
    """Welded, consistently oriented triangles in the user's units and frame.

    vertices: (n, 3) float32, each one a position of the user's mesh, unchanged. triangles: (t, 3) int32, without
    degenerate ones and duplicates; every vertex is used. components: (n,) int32, what hangs together, numbered by
    decreasing area. objects: (n,) int32 as in the FaceMesh. from_user: (N,) int32, the clean vertex of each of the
    user's vertices, -1 for those in no face.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    components: np.ndarray
    objects: np.ndarray
    from_user: np.ndarray

    @property
    def first_user(self) -> np.ndarray:
        """(n,) for each vertex one of the user's vertices that became it."""
        first = np.zeros(len(self.vertices), np.int64)
        used = np.flatnonzero(self.from_user >= 0)
        first[self.from_user[used]] = used
        return first


def clean(mesh: FaceMesh) -> CleanMesh:
    """Weld, triangulate, drop what is degenerate, orient, and find the connected components.

    Only vertices on an open border are welded, and only with others of the same object at numerically the
    same place: a seam of the UV layout opens the border, whereas lips or lids that merely touch do not.
    Everything is computed in float64 about the middle of the bounding box, so a head far from the origin
    loses nothing beyond what its float32 positions already lost. Raises Refusal when no triangle is left.
    """
    points = mesh.vertices.astype(np.float64)
    points -= (points.min(0) + points.max(0)) / 2
    triangles = mesh.triangles.astype(np.int64)
    triangles = triangles[_distinct(triangles)]
    label = _weld(points, triangles, mesh.objects)
    triangles = label[triangles]
    triangles = _drop_duplicates(triangles[_distinct(triangles)])
    triangles = _drop_slivers(points, triangles)
    if len(triangles) == 0:
        raise Refusal(
            "no-surface", "The mesh has no face with an area.", "Select a mesh whose faces form the surface of a head."
        )
    used = np.zeros(len(points), bool)
    used[triangles] = True
    number = np.where(used, np.cumsum(used) - 1, -1)
    points, objects = points[used], mesh.objects[used]
    triangles = orient(points, number[triangles], objects)
    return CleanMesh(
        mesh.vertices[used],
        np.ascontiguousarray(triangles, np.int32),
        components_by_area(points, triangles),
        objects,
        number[label].astype(np.int32),
    )


def components_by_area(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(n,) int32: the connected component of each vertex, numbered by decreasing area (ties: by first vertex)."""
    n = len(vertices)
    rows, columns = triangles[:, [0, 1]].ravel(), triangles[:, [1, 2]].ravel()
    graph = sparse.coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(n, n))
    count, label = connected_components(graph, directed=False)
    areas = np.linalg.norm(triangle_normals(vertices, triangles), axis=1)
    total = np.bincount(label[triangles[:, 0]], areas, count)
    first = np.unique(label, return_index=True)[1]
    rank = np.empty(count, np.int32)
    rank[np.lexsort((first, -total))] = np.arange(count)
    return rank[label]


def _distinct(triangles: np.ndarray) -> np.ndarray:
    a, b, c = triangles.T
    return (a != b) & (b != c) & (c != a)


def _weld(points: np.ndarray, triangles: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """(N,) for each vertex the lowest vertex it is one with."""
    label = np.arange(len(points))
    order, starts, lengths = edge_runs(triangles, len(points))
    single = order[starts[lengths == 1]]
    border = np.unique([triangles.ravel()[single], np.roll(triangles, -1, axis=1).ravel()[single]])
    if len(border) < 2:
        return label
    place, owner = points[border], objects[border]
    order = np.lexsort((border, *place.T, owner))
    same = (np.diff(place[order], axis=0) == 0).all(1) & (np.diff(owner[order]) == 0)
    group = np.empty(len(border), np.int64)
    group[order] = np.concatenate([[0], np.cumsum(~same)])
    first = order[np.concatenate([[True], ~same])]
    group = _join_neighbours(place[first], owner[first])[group]
    lowest = np.full(int(group.max()) + 1, len(points))
    np.minimum.at(lowest, group, border)
    label[border] = lowest[group]
    return label


def _join_neighbours(place: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """(p,) groups of positions that differ by rounding only; each position looks at its three nearest, which
    keeps the work bounded on any input."""
    owner = np.unique(owner, return_inverse=True)[1].reshape(-1)
    low = np.full((int(owner.max()) + 1, 3), np.inf)
    high = -low
    np.minimum.at(low, owner, place)
    np.maximum.at(high, owner, place)
    reach = SAME_PLACE * np.linalg.norm(high - low, axis=1)
    apart = 2 * (np.abs(place).max() + reach.max()) + 1.0
    tree = KDTree(np.column_stack([place, owner * apart]))
    distance, other = tree.query(tree.data, k=4, distance_upper_bound=float(reach.max()) + 1e-300)
    near = (distance <= reach[owner][:, None]) & np.isfinite(distance)
    rows, columns = np.nonzero(near)[0], np.asarray(other)[near]
    graph = sparse.coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(len(place), len(place)))
    return connected_components(graph, directed=False)[1]


def _drop_duplicates(triangles: np.ndarray) -> np.ndarray:
    if len(triangles) == 0:
        return triangles
    low, middle, high = np.sort(triangles, axis=1).T
    order = np.lexsort((high, middle, low))
    again = (np.diff(low[order]) == 0) & (np.diff(middle[order]) == 0) & (np.diff(high[order]) == 0)
    keep = np.ones(len(triangles), bool)
    keep[order[1:][again]] = False
    return triangles[keep]


def _drop_slivers(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Without triangles that have no area, except where a vertex would be lost with them."""
    areas = np.linalg.norm(triangle_normals(points, triangles), axis=1)
    size = np.linalg.norm(points.max(0) - points.min(0))
    flat = areas <= (SAME_PLACE * size) ** 2
    if not flat.any() or flat.all():
        return triangles[~flat]
    safe = np.zeros(len(points), bool)
    safe[triangles[~flat]] = True
    return triangles[~flat | ~safe[triangles].all(1)]
