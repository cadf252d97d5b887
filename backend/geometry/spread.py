"""Carrying displacements of a few vertices smoothly into the surface around them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import dijkstra

from backend.geometry.edges import quartered
from backend.geometry.operators import factorise, laplacian
from backend.geometry.surface_distance import edge_graph, surface_distance, surroundings

RINGS = 3
"""Rings of triangles around what moves that decide how it does: bending reaches two edges far, and the Laplacian's
intrinsic edges are longer than the mesh's own."""

STEPS = 8
"""Edges from a handle to the end of its reach, at least: what bends over fewer of them depends on how they lie."""


def spread(
    vertices: np.ndarray,
    triangles: np.ndarray,
    handles: np.ndarray,
    values: np.ndarray,
    reach: float,
    free: np.ndarray | None = None,
) -> np.ndarray:
    """(n, 3) Sheet.spread, once: vertices (n, 3), triangles (t, 3)."""
    return Sheet(vertices, triangles, handles, reach).spread(handles, values, reach, free)


class Sheet:
    """The surface around some vertices, into which displacements are spread again and again: what depends on the
    surface alone is worked out once.

    points: (n, 3) float64 and triangles: (t, 3) of the whole mesh.
    """

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray, handles: np.ndarray, reach: float) -> None:
        """handles: (h,) the vertices that may be given displacements. reach: the furthest that these may be felt, in
        the units of vertices (n, 3)."""
        self.points, self.triangles = np.asarray(vertices, np.float64), np.asarray(triangles)
        self._handles, self._reach = np.unique(handles), reach
        self._patches: list[_Patch] = []

    def spread(
        self, handles: np.ndarray, values: np.ndarray, reach: float, free: np.ndarray | None = None
    ) -> np.ndarray:
        """(n, 3): `values` (h, 3) at the vertices `handles` (h,), zero further than `reach` along the surface, smooth
        between. Handles named twice get the mean of their values.

        free: (n,) bool, where anything may move. Minimises bending plus a share of stretching (a biharmonic and a
        harmonic term), so it does not overshoot as a purely biharmonic field does; exact at the handles. Solved on
        triangles that are quartered until STEPS of their edges reach as far, so that the field is the same however
        coarse the mesh is. Handles or a reach that the sheet was not made for get a sheet of their own.
        """
        result = np.zeros((len(self.points), 3))
        handles = np.asarray(handles)
        count = np.bincount(handles, minlength=len(self.points))
        for axis in range(3):
            total = np.bincount(handles, values[:, axis], minlength=len(self.points))
            result[:, axis] = total / np.maximum(count, 1)
        if free is not None:
            result[~free] = 0
        if len(handles) == 0 or not np.any(result):
            return result
        if reach > self._reach or not np.isin(handles, self._handles).all():
            return spread(self.points, self.triangles, handles, values, reach, free)
        local = self._local
        if len(local) == 0:
            return result
        patch = self._patch(0)
        field = _Field(result[local], count[local] > 0, np.ones(len(local), bool) if free is None else free[local])
        while patch.edge > reach / STEPS:
            patch = self._patch(patch.level + 1)
            field = field.between(patch.ends)
        result[local] = patch.filled(field, reach)[: len(local)]
        return result

    @cached_property
    def _local(self) -> np.ndarray:
        """(m,) the vertices of the surface that decides how what may move does; none where it has no extent."""
        return np.unique(self._faces) if len(self._faces) > 1 else np.zeros(0, int)

    @cached_property
    def _faces(self) -> np.ndarray:
        """(s, 3) the triangles of that surface."""
        around = surroundings(self.points, self.triangles, self._handles, 3 * self._reach)
        distance = surface_distance(
            self.points[around.vertices],
            around.triangles,
            np.searchsorted(around.vertices, self._handles),
            self._reach,
        )
        return around.vertices[around.triangles[_rings(around.triangles, distance < self._reach)]]

    def _patch(self, level: int) -> "_Patch":
        """That surface, quartered as many times."""
        if not self._patches:
            faces = np.searchsorted(self._local, self._faces)
            self._patches.append(_Patch(0, self.points[self._local], faces, np.zeros((0, 2), int)))
        while len(self._patches) <= level:
            self._patches.append(self._patches[-1].finer())
        return self._patches[level]


@dataclass(frozen=True)
class _Field:
    """Displacements on a patch. values: (m, 3). handles, free: (m,) bool."""

    values: np.ndarray
    handles: np.ndarray
    free: np.ndarray

    def between(self, ends: np.ndarray) -> "_Field":
        """The field on the finer patch, whose new vertices come last and lie between ends (e, 2). What lies between two
        handles is one."""
        both = self.handles[ends].all(1)
        return _Field(
            np.concatenate([self.values, self.values[ends].mean(1) * both[:, None]]),
            np.concatenate([self.handles, both]),
            np.concatenate([self.free, self.free[ends].all(1)]),
        )


@dataclass(frozen=True)
class _Patch:
    """A surface that was quartered `level` times. points: (m, 3). faces: (s, 3). ends: (e, 2) of the edges whose
    middles are the last e points."""

    level: int
    points: np.ndarray
    faces: np.ndarray
    ends: np.ndarray

    @cached_property
    def edge(self) -> float:
        """The usual length of an edge."""
        corners = self.points[self.faces]
        return float(np.median(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)))

    def finer(self) -> "_Patch":
        """The same surface in triangles of a quarter of the size."""
        ends, faces = quartered(self.faces, len(self.points))
        return _Patch(self.level + 1, np.concatenate([self.points, self.points[ends].mean(1)]), faces, ends)

    @cached_property
    def _stiffness(self) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """(m, m) each: what bending costs, and stretching."""
        matrix, mass = laplacian(self.points, self.faces)
        return sparse.csr_matrix(matrix @ sparse.diags(1.0 / mass) @ matrix), sparse.csr_matrix(matrix)

    @cached_property
    def _graph(self) -> sparse.csr_matrix:
        return edge_graph(self.points, self.faces)

    def filled(self, field: _Field, reach: float) -> np.ndarray:
        """(m, 3) the values with those between the handles and the end of their reach."""
        distance = dijkstra(self._graph, indices=np.flatnonzero(field.handles), min_only=True, limit=reach)
        solve = (distance < reach) & ~field.handles & field.free
        result = field.values.copy()
        if solve.any():
            bending, stretching = self._stiffness
            rows = bending[solve] + (4.0 / reach**2) * stretching[solve]
            inner = rows[:, solve]
            inner = inner + 1e-12 * sparse.diags(inner.diagonal())
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
