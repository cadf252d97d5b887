"""Distances along a surface, and the part of it that lies within one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import dijkstra

from backend.geometry.edges import unique_edges

AT_ONCE = 4_000_000
"""Distances that are held in memory at once."""


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

    vertices: (n, 3), triangles: (t, 3). The search sees only what lies near the centres in space, whatever the size of
    the mesh.
    """
    edges, _ = unique_edges(triangles, len(vertices))
    spokes = edges[np.isin(edges, centres).any(1)]
    longest = float(np.linalg.norm(vertices[spokes[:, 0]] - vertices[spokes[:, 1]], axis=1).max(initial=0.0))
    around = surroundings(vertices, triangles, centres, max(reach, longest))
    graph = edge_graph(vertices[around.vertices], around.triangles)
    starts = np.searchsorted(around.vertices, centres)
    some = max(AT_ONCE // len(around.vertices), 1)
    for begin in range(0, len(starts), some):
        distances = dijkstra(graph, indices=starts[begin : begin + some], limit=reach)
        for centre, distance in zip(starts[begin : begin + some], distances, strict=True):
            kept = np.isfinite(distance)
            kept[graph.indices[graph.indptr[centre] : graph.indptr[centre + 1]]] = True
            yield around.vertices[kept], distance[kept]
