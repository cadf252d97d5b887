"""A coarse mesh as the round body that its author meant, with the way back to the mesh itself."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sparse

from backend.geometry.clean import CleanMesh
from backend.geometry.closest import closest_points
from backend.geometry.edges import edge_runs

ENOUGH = 6000
"""Vertices at which a rounded mesh is fine enough."""


ROUNDS = 6
"""Steps of interpolation: what is left of the distance to the given vertices is a hundredth of an edge. An exact
solution would ring beside sharp features."""


@dataclass(frozen=True)
class RoundedMesh:
    """mesh: the round body of m vertices within the given mesh's n, which come first, moved inwards. through: (m, 3)
    float32, the same vertices on the round body that passes through the given ones. given: (m, 3) float64, where they
    lie on the given mesh itself."""

    mesh: CleanMesh
    through: np.ndarray
    given: np.ndarray

    def on_given(self, points: np.ndarray) -> np.ndarray:
        """Points (p, 3) near the body that passes through the given vertices, at the same places of the given mesh's
        surface; NaN stay NaN."""
        known = np.isfinite(points).all(1)
        result = np.full(points.shape, np.nan)
        triangle, weights, _ = closest_points(points[known], self.through, self.mesh.triangles)
        result[known] = np.einsum("pc,pcd->pd", weights, self.given[self.mesh.triangles[triangle]])
        return result


def rounded(mesh: CleanMesh, enough: int = ENOUGH) -> RoundedMesh:
    """The mesh subdivided by Loop's rules (Loop 1987, with Warren's weights) until it has `enough` vertices.

    A face of a few hundred vertices is meant as smooth, not as the facets that it is made of, and faceted ones are
    known neither to a detector of landmarks nor to a network that learned from finer meshes. Open borders are rounded
    along themselves; an edge of more than two triangles counts as a border. from_user keeps its meaning, as the given
    vertices come first. The body that passes through them is Loop's of vertices moved outwards (progressive
    interpolation, Cheng et al. 2009); it is true to where features lie, and bumpier.
    """
    count = len(mesh.vertices)
    given, triangles, parents = mesh.vertices.astype(np.float64), mesh.triangles.astype(np.int64), np.arange(count)
    smooth = sparse.csr_array(sparse.eye_array(count))
    while len(given) < enough:
        step, edges, triangles = _loop(triangles, len(given))
        smooth = step @ smooth
        given = np.concatenate([given, 0.5 * (given[edges[:, 0]] + given[edges[:, 1]])])
        parents = np.concatenate([parents, parents[edges[:, 0]]])
    control = given[:count]
    for _ in range(ROUNDS):
        control = control + given[:count] - smooth[:count] @ control
    body = replace(
        mesh,
        vertices=(smooth @ given[:count]).astype(np.float32),
        triangles=triangles.astype(np.int32),
        components=mesh.components[parents],
        objects=mesh.objects[parents],
    )
    return RoundedMesh(body, (smooth @ control).astype(np.float32), given)


def _loop(triangles: np.ndarray, count: int) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """One step: the new vertices as means of the given `count` ones, these first, then one for each edge; the edges
    (e, 2); and the triangles (4t, 3)."""
    order, starts, sides = edge_runs(triangles, count)
    edge = np.empty(len(order), np.int64)
    edge[order] = np.repeat(np.arange(len(starts)), sides)
    half = order[starts]
    edges = np.stack([triangles.ravel()[half], np.roll(triangles, -1, axis=1).ravel()[half]], axis=1)
    inner = sides == 2
    opposite = np.roll(triangles, -2, axis=1).ravel()
    across = _matrix(edge, opposite, np.where(inner, 0.125, 0.0)[edge], (len(edges), count))
    own = np.where(inner, 0.375, 0.5)
    along = sum(_matrix(np.arange(len(edges)), edges[:, end], own, (len(edges), count)) for end in (0, 1))
    around, border = _neighbours(edges, count), _neighbours(edges[~inner], count)
    valence, ends = around.sum(1), border.sum(1)
    pull = np.where(valence == 3, 0.1875, 0.375 / np.maximum(valence, 1))
    kept = sparse.diags_array(np.where(ends > 0, 0.0, pull)) @ around
    kept = kept + sparse.diags_array(np.where(ends == 2, 0.125, 0.0)) @ border
    kept = kept + sparse.diags_array(1 - kept.sum(1))
    smooth = sparse.csr_array(sparse.vstack([kept, along + across]))
    ab, bc, ca = (count + edge).reshape(-1, 3).T
    x, y, z = triangles.T
    finer = [np.stack(corners, axis=1) for corners in ((x, ab, ca), (y, bc, ab), (z, ca, bc), (ab, bc, ca))]
    return smooth, edges, np.concatenate(finer)


def _neighbours(edges: np.ndarray, count: int) -> sparse.csr_array:
    """(count, count) one for each two vertices that an edge joins."""
    both = np.concatenate([edges, edges[:, ::-1]])
    return _matrix(both[:, 0], both[:, 1], np.ones(len(both)), (count, count))


def _matrix(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    return sparse.csr_array((values, (rows, columns)), shape=shape)
