"""Carrying displacements of a few vertices smoothly into the surface around them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from backend.geometry.edges import quartered, unique_edges
from backend.geometry.operators import factorise, laplacian

RINGS = 3
"""Rings of triangles around what moves that decide how it does: bending reaches two edges far, and the Laplacian's
intrinsic edges are longer than the mesh's own."""

STEPS = 8
"""Edges from a handle to the end of its reach, at least: what bends over fewer of them depends on how they lie."""


def edge_graph(vertices: np.ndarray, triangles: np.ndarray) -> sparse.csr_matrix:
    """(n, n) symmetric, the length of every edge."""
    pairs, _ = unique_edges(triangles, len(vertices))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    length = np.linalg.norm(vertices[pairs[:, 0]] - vertices[pairs[:, 1]], axis=1) + 1e-12
    graph = sparse.csr_matrix((length, (pairs[:, 0], pairs[:, 1])), shape=(len(vertices), len(vertices)))
    return (graph + graph.T).tocsr()


def surface_distance(vertices: np.ndarray, triangles: np.ndarray, sources: np.ndarray, limit: float) -> np.ndarray:
    """(n,) length of the shortest chain of edges to any of the sources, infinite beyond `limit`."""
    result = np.full(len(vertices), np.inf)
    if len(sources) == 0:
        return result
    around = surroundings(vertices, triangles, sources, limit)
    starts = np.searchsorted(around.vertices, sources)
    graph = edge_graph(vertices[around.vertices], around.triangles)
    # the graph is symmetric; as an undirected one it would be transposed and copied first
    result[around.vertices] = dijkstra(graph, indices=starts, min_only=True, limit=limit)
    return result


@dataclass(frozen=True)
class Surroundings:
    """A part of a mesh. vertices: (m,) their numbers in the mesh, ascending. triangles: (s, 3) between them."""

    vertices: np.ndarray
    triangles: np.ndarray


def surroundings(vertices: np.ndarray, triangles: np.ndarray, sources: np.ndarray, reach: float) -> Surroundings:
    """All that any chain of edges shorter than `reach` can get to from the vertices `sources` (at least one): the
    triangles in the sources' box, made larger by the reach. Work on it does not grow with the rest of the mesh.
    vertices: (n, 3), triangles: (t, 3)."""
    low, high = vertices[sources].min(0) - reach, vertices[sources].max(0) + reach
    # rounding may put the end of a chain outside by as much
    margin = 1e-9 * (reach + np.abs(high).max() + np.abs(low).max())
    within = ((vertices >= low - margin) & (vertices <= high + margin)).all(1)
    numbers = np.flatnonzero(within)
    order = np.cumsum(within) - 1
    return Surroundings(numbers, order[triangles[within[triangles].all(1)]])


def discs(
    vertices: np.ndarray, triangles: np.ndarray, centres: np.ndarray, reach: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each of the vertices `centres` (c,) the vertices at most `reach` away along edges and those one edge away:
    their numbers, ascending, and their distances, infinite beyond the reach.

    vertices: (n, 3), triangles: (t, 3). Each search sees only what lies within reach in space, whatever the size of the
    mesh.
    """
    edges, _ = unique_edges(triangles, len(vertices))
    spokes = edges[np.isin(edges, centres).any(1)]
    longest = float(np.linalg.norm(vertices[spokes[:, 0]] - vertices[spokes[:, 1]], axis=1).max(initial=0.0))
    around = surroundings(vertices, triangles, centres, max(reach, longest))
    points = vertices[around.vertices]
    graph = edge_graph(points, around.triangles)
    tree = KDTree(points)
    for centre in np.searchsorted(around.vertices, centres):
        ring = graph.indices[graph.indptr[centre] : graph.indptr[centre + 1]]
        near = np.union1d(ring, tree.query_ball_point(points[centre], reach * (1 + 1e-9)))
        distance = dijkstra(graph[near][:, near], indices=np.searchsorted(near, centre), limit=reach)
        kept = np.isfinite(distance) | np.isin(near, ring)
        yield around.vertices[near[kept]], distance[kept]


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
    biharmonic field does; exact at the handles. Solved on triangles that are quartered until STEPS of their edges
    reach as far, so that the field is the same however coarse the mesh is.
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
    around = surroundings(points, triangles, handles, 3 * reach)
    distance = surface_distance(
        points[around.vertices], around.triangles, np.searchsorted(around.vertices, handles), reach
    )
    faces = around.triangles[_rings(around.triangles, distance < reach)]
    if len(faces) < 2:
        return result
    local, faces = np.unique(faces, return_inverse=True)
    local = around.vertices[local]
    patch = _Patch(
        points[local],
        faces.reshape(-1, 3),
        result[local],
        count[local] > 0,
        np.ones(len(local), bool) if free is None else free[local],
    )
    while patch.edge > reach / STEPS:
        patch = patch.finer()
    result[local] = patch.filled(reach)[: len(local)]
    return result


@dataclass(frozen=True)
class _Patch:
    """The surface around some handles. points, values: (m, 3). faces: (s, 3). handles, free: (m,) bool."""

    points: np.ndarray
    faces: np.ndarray
    values: np.ndarray
    handles: np.ndarray
    free: np.ndarray

    @property
    def edge(self) -> float:
        """The usual length of an edge."""
        corners = self.points[self.faces]
        return float(np.median(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)))

    def finer(self) -> "_Patch":
        """The same surface in triangles of a quarter of the size; new vertices come last. What lies between two handles
        is one."""
        ends, faces = quartered(self.faces, len(self.points))
        return _Patch(
            np.concatenate([self.points, self.points[ends].mean(1)]),
            faces,
            np.concatenate([self.values, self.values[ends].mean(1) * self.handles[ends].all(1)[:, None]]),
            np.concatenate([self.handles, self.handles[ends].all(1)]),
            np.concatenate([self.free, self.free[ends].all(1)]),
        )

    def filled(self, reach: float) -> np.ndarray:
        """(m, 3) the values with those between the handles and the end of their reach."""
        matrix, mass = laplacian(self.points, self.faces)
        bending = matrix @ sparse.diags(1.0 / mass) @ matrix
        system = (bending + (4.0 / reach**2) * matrix).tocsr()
        distance = dijkstra(
            edge_graph(self.points, self.faces), indices=np.flatnonzero(self.handles), min_only=True, limit=reach
        )
        solve = (distance < reach) & ~self.handles & self.free
        result = self.values.copy()
        if solve.any():
            rows = system[solve]
            inner = rows[:, solve] + 1e-12 * sparse.diags(system.diagonal()[solve])
            result[solve] = factorise(inner).solve(-(rows[:, ~solve] @ result[~solve]))
        return result


def _rings(triangles: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """(t,) bool: the triangles that touch vertices (n,), and RINGS of neighbours around them."""
    touched = inside[triangles].any(1)
    for _ in range(RINGS):
        inside = np.zeros_like(inside)
        inside[triangles[touched]] = True
        touched = inside[triangles].any(1)
    return touched
