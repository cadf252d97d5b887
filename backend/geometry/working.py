"""The mesh that networks see: cropped, at one resolution whatever the user's is, with a way back."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from backend.errors import Refusal
from backend.geometry.clean import CleanMesh
from backend.geometry.closest import closest_points, on_triangles
from backend.geometry.decimate import decimate
from backend.geometry.edges import edge_runs
from backend.geometry.operators import triangle_normals, vertex_normals

FINENESS = 2
"""How many vertices there must be for each that decimation leaves, so that it has a choice."""

ROUNDING = 0.02
"""How far middles are lifted towards the tangent planes: enough to outweigh rounding errors."""

CHUNK = 1 << 16
STEPS = 2
"""How many times a vertex may move on to the next ring of working triangles in search of its place."""


@dataclass(frozen=True)
class WorkingMesh:
    """vertices: (m, 3) float32 in the user's units and frame. triangles: (s, 3) int32. components: (m,) int32, the
    clean mesh's numbers. interpolation: (n, m) float32 sparse, takes fields from here to the n clean vertices; the
    rows of vertices that were kept hold up to three weights that are not negative and sum to one, the others
    nothing."""

    vertices: np.ndarray
    triangles: np.ndarray
    components: np.ndarray
    interpolation: sparse.csr_matrix


def working_mesh(mesh: CleanMesh, keep: np.ndarray, budget: int = 3000) -> WorkingMesh:
    """Crop to the triangles whose corners are all in keep (n,) bool, and bring them to one resolution, so that what a
    network says of a head hardly depends on how its author cut it into triangles.

    A crop of fewer than FINENESS budgets of vertices is subdivided at the middles of its edges until it has as many.
    Then it is decimated to about `budget`: what remains stays in its place. A clean vertex is interpolated in triangles
    around the vertex it was collapsed into, on the same side of the surface, so an upper lip never follows the lower
    one. A kept vertex whose whole neighbourhood is gone (a loose corner of the crop, the smallest pieces of a mesh of
    thousands) follows the nearest triangle.

    Raises Refusal where no triangle is kept.
    """
    triangles = mesh.triangles[keep[mesh.triangles].all(1)].astype(np.int64)
    if len(triangles) == 0:
        raise Refusal("nothing-kept", "No part of the mesh looks like a face.", "Select the head, or mark the face.")
    used = np.unique(triangles)
    points = mesh.vertices[used].astype(np.float64)
    points, rounded, local, parents = _finer(points, np.searchsorted(used, triangles), FINENESS * budget)
    components = mesh.components[used][parents]
    chosen, local, weights = _coarser(points, rounded, local, components, budget, len(used))
    vertices, components = points[chosen], components[chosen]
    rows = sparse.csr_array((np.ones(len(used)), (used, np.arange(len(used)))), shape=(len(keep), len(used)))
    rows = sparse.csr_array(rows @ weights)
    lost = np.flatnonzero(keep & (np.diff(rows.indptr) == 0))
    if len(lost):
        rows = rows + _nearest(mesh.vertices, lost, vertices, local)
    rows = sparse.csr_matrix(rows, dtype=np.float32)
    rows.sort_indices()
    return WorkingMesh(vertices.astype(np.float32), local.astype(np.int32), components, rows)


def _coarser(
    points: np.ndarray, rounded: np.ndarray, triangles: np.ndarray, components: np.ndarray, budget: int, count: int
) -> tuple[np.ndarray, np.ndarray, sparse.csr_array]:
    """chosen (m,) of the points, triangles (s, 3) between them, and the interpolation (count, m) to the first
    points. rounded: (n, 3), the places that decimation goes by."""
    kept, into = decimate(rounded, triangles, budget)
    kept = kept[_affordable(kept, components, budget)]
    chosen = np.unique(kept)
    number = np.full(len(points) + 1, -1)
    number[chosen] = np.arange(len(chosen))
    coarse = number[kept]
    root = _spread(number[into], triangles)[:count]
    who = np.flatnonzero(root >= 0)
    normals = vertex_normals(points, triangles)
    found = [
        _attach(points[part], normals[part], root[part], points[chosen], coarse)
        for part in np.array_split(who, len(who) // CHUNK + 1)
    ]
    triangle = np.concatenate([part for part, _ in found])
    barycentric = np.concatenate([part for _, part in found])
    return chosen, coarse, _weights(who, coarse[triangle], barycentric, (count, len(chosen)))


def _affordable(triangles: np.ndarray, components: np.ndarray, budget: int) -> np.ndarray:
    """Which triangles to keep: components in order of size as long as they stay within 1.2 budgets."""
    size = np.bincount(components[np.unique(triangles)], minlength=int(components.max()) + 1)
    first = int(components[triangles].min())
    fits = np.cumsum(size) <= 1.2 * budget
    fits[: first + 1] = True
    return fits[components[triangles[:, 0]]]


def _spread(root: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Vertices that have lost their working vertex (-1) take over that of a neighbour, as far as there is one."""
    root = root.copy()
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    while True:
        edges = edges[root[edges[:, 0]] < 0]
        ready = root[edges[:, 1]] >= 0
        if not ready.any():
            return root
        vertex, at = np.unique(edges[ready, 0], return_index=True)
        root[vertex] = root[edges[ready, 1][at]]


def _attach(
    points: np.ndarray, normals: np.ndarray, start: np.ndarray, vertices: np.ndarray, triangles: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The best place for each point near its working vertex `start`: triangle (p,) and barycentric (p, 3).

    The triangles around the start are tried, then those around the nearest corner of the best, at most STEPS
    times. Triangles that face away from the point's normal come last whatever their distance.
    """
    order = np.argsort(triangles.ravel(), kind="stable")
    begin = np.concatenate([[0], np.cumsum(np.bincount(triangles.ravel(), minlength=len(vertices)))])
    facing = triangle_normals(vertices, triangles)
    behind = 4 * float(np.square(np.ptp(vertices, axis=0)).sum()) + float(np.square(np.ptp(points, axis=0)).sum())
    best = np.full(len(points), np.inf)
    triangle = np.zeros(len(points), np.int64)
    barycentric = np.zeros((len(points), 3))
    active, centre = np.arange(len(points)), start
    for _ in range(STEPS + 1):
        degree = begin[centre + 1] - begin[centre]
        first = np.cumsum(degree) - degree
        who = np.repeat(active, degree)
        candidate = order[np.arange(len(who)) + np.repeat(begin[centre] - first, degree)] // 3
        corners = vertices[triangles[candidate]]
        weight, squared = on_triangles(points[who], corners[:, 0], corners[:, 1], corners[:, 2])
        squared = squared + behind * (np.einsum("ij,ij->i", normals[who], facing[candidate]) < 0)
        least = np.minimum.reduceat(squared, first)
        at = np.flatnonzero(squared == np.repeat(least, degree))
        at = at[np.unique(who[at], return_index=True)[1]]
        better = least < best[active]
        active, at = active[better], at[better]
        best[active], triangle[active], barycentric[active] = squared[at], candidate[at], weight[at]
        nearest = triangles[candidate[at], weight[at].argmax(1)]
        moved = nearest != centre[better]
        active, centre = active[moved], nearest[moved]
        if len(active) == 0:
            break
    return triangle, barycentric


def _nearest(
    all_vertices: np.ndarray, lost: np.ndarray, vertices: np.ndarray, triangles: np.ndarray
) -> sparse.csr_array:
    triangle, barycentric, _ = closest_points(all_vertices[lost], vertices, triangles)
    return _weights(lost, triangles[triangle], barycentric, (len(all_vertices), len(vertices)))


def _weights(
    rows: np.ndarray, corners: np.ndarray, barycentric: np.ndarray, shape: tuple[int, int]
) -> sparse.csr_array:
    matrix = sparse.csr_array((barycentric.ravel(), (np.repeat(rows, 3), corners.ravel())), shape=shape)
    matrix.eliminate_zeros()
    return matrix


def _finer(
    points: np.ndarray, triangles: np.ndarray, wanted: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """At least `wanted` points, the given ones (n, 3) first and then the middles of edges (p, 3); the same on a rounded
    surface; triangles (s, 3); and for each the old point beside it (p,).

    On the flat middles of triangles every choice of what to decimate is as good as any other, and rounding errors would
    make it. The rounded places decide instead: middles lifted towards the tangent planes at both ends (Phong
    tessellation, Boubekeur and Alexa 2008).
    """
    rounded, parents = points, np.arange(len(points))
    while len(points) < wanted:
        order, starts, _ = edge_runs(triangles, len(points))
        half = order[starts]
        a, b = triangles.ravel()[half], np.roll(triangles, -1, axis=1).ravel()[half]
        normals = vertex_normals(rounded, triangles)
        step = rounded[b] - rounded[a]
        rise = np.einsum("ij,ij->i", step, normals[a])[:, None] * normals[a]
        fall = np.einsum("ij,ij->i", step, normals[b])[:, None] * normals[b]
        middles = (rounded[a] + rounded[b]) / 2 - ROUNDING * (rise - fall) / 4
        middle = np.empty(len(order), np.int64)
        middle[order] = len(points) + np.cumsum(np.isin(np.arange(len(order)), starts)) - 1
        ab, bc, ca = middle.reshape(-1, 3).T
        points = np.concatenate([points, (points[a] + points[b]) / 2])
        rounded = np.concatenate([rounded, middles])
        parents = np.concatenate([parents, parents[a]])
        x, y, z = triangles.T
        triangles = np.concatenate([np.stack(t, axis=1) for t in ((x, ab, ca), (y, bc, ab), (z, ca, bc), (ab, bc, ca))])
    return points, rounded, triangles, parents
