"""Displacements without folds: where a predicted field is rough on the scale of triangles, it is redrawn smoothly."""

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as sparse_linalg

from backend.geometry.operators import laplacian, triangle_normals

ROUGH = 0.35
"""How much a vertex may part from the mean of its neighbours, as a share of the length of its edges: what an even
surface does not do even where it is stretched to twice its length."""

THIN, LONG = 0.2, 4.0
"""A triangle is squeezed or stretched too much beyond these ratios to its neutral size."""

ROUNDS = 6
STIFF = 0.05
"""Share of stretching beside bending in the energy of a redrawn patch, in patch sizes of about two edges."""


def untangle(vertices: np.ndarray, triangles: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """(k, n, 3) float32: displacements `shapes` (k, n, 3) of a surface, vertices (n, 3) and triangles (t, 3), without
    triangles that turn over and without jags.

    Vertices of bad triangles and those that part from their neighbours are freed, and placed where the surface around
    them bends least (a biharmonic patch with a little stretching, exact at its border); what is still bad grows by a
    ring and is tried again. All else stays exactly as it was; a field of zeros stays zero.
    """
    points = np.asarray(vertices, np.float64)
    result = np.array(shapes, np.float32)
    if len(triangles) == 0:
        return result
    surface = _Surface(points, triangles)
    for at, shape in enumerate(result):
        if np.any(shape):
            result[at] = surface.untangled(shape)
    return result


class _Surface:
    """What all shapes of one surface share."""

    def __init__(self, points: np.ndarray, triangles: np.ndarray) -> None:
        self.points, self.triangles = points, triangles
        edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
        edges = np.unique(np.sort(edges, axis=1), axis=0)
        count = len(points)
        ones = sparse.coo_array((np.ones(len(edges)), edges.T), shape=(count, count))
        self.graph = (ones + ones.T).tocsr()
        self.degree = np.maximum(np.asarray(self.graph.sum(1)).ravel(), 1.0)
        length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
        total = np.bincount(edges[:, 0], length, count) + np.bincount(edges[:, 1], length, count)
        self.edge = np.maximum(total / self.degree, 1e-12)
        border = np.zeros(count, bool)
        pairs = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
        keys, times = np.unique(pairs[:, 0].astype(np.int64) * count + pairs[:, 1], return_counts=True)
        border[keys[times == 1] // count] = border[keys[times == 1] % count] = True
        self.border = border
        matrix, mass = laplacian(points, triangles)
        self.matrix = matrix.tocsr()
        self.bending = (matrix @ sparse.diags(1.0 / mass) @ matrix).tocsr()
        self.normals = triangle_normals(points, triangles)
        self.areas = np.linalg.norm(self.normals, axis=1)
        a, b, c = (points[triangles[:, i]] for i in range(3))
        along = b - a
        length = np.maximum(np.linalg.norm(along, axis=1), 1e-12)
        across = np.einsum("ti,ti->t", c - a, along) / length
        height = np.maximum(self.areas / length, 1e-12)
        self.flat = (length, across, height)
        self.usable = self.areas > 1e-3 * np.median(self.areas) * 0 + 1e-12

    def rough(self, shape: np.ndarray) -> np.ndarray:
        """(n,) bool: vertices that have to be redrawn."""
        off = shape - (self.graph @ shape) / self.degree[:, None]
        bad = (np.sqrt(np.square(off).sum(1)) > ROUGH * self.edge) & ~self.border
        turned = self.bad_triangles(shape)
        bad[self.triangles[turned]] = True
        return bad

    def bad_triangles(self, shape: np.ndarray) -> np.ndarray:
        moved = self.points + shape
        a, b, c = (moved[self.triangles[:, i]] for i in range(3))
        length, across, height = self.flat
        u = (b - a) / length[:, None]
        v = ((c - a) - u * across[:, None]) / height[:, None]
        uu, vv, uv = (np.einsum("ti,ti->t", x, y) for x, y in ((u, u), (v, v), (u, v)))
        root = np.sqrt(np.maximum((uu - vv) ** 2 + 4 * uv**2, 0.0))
        large, small = np.sqrt(0.5 * (uu + vv + root)), np.sqrt(np.maximum(0.5 * (uu + vv - root), 0.0))
        turned = np.einsum("ti,ti->t", np.cross(b - a, c - a), self.normals) < 0
        return (turned | (small < THIN) | (large > LONG)) & self.usable

    def untangled(self, shape: np.ndarray) -> np.ndarray:
        result = shape.astype(np.float64)
        moves = np.any(shape != 0, axis=1)
        free = np.zeros(len(shape), bool)
        for _ in range(ROUNDS):
            bad = self.rough(result)
            if not bad.any():
                break
            grown = bad | (self.graph @ bad.astype(float) > 0)
            free |= grown & moves
            if not free.any():
                break
            self.redraw(result, shape, free)
        return result.astype(np.float32)

    def redraw(self, result: np.ndarray, shape: np.ndarray, free: np.ndarray) -> None:
        inside = np.flatnonzero(free)
        edge = float(np.median(self.edge[inside]))
        rows_bend, rows_stretch = self.bending[inside], self.matrix[inside]
        weight = STIFF / edge**2
        system = rows_bend[:, inside] + weight * rows_stretch[:, inside]
        held = ~free
        right = -(rows_bend[:, held] + weight * rows_stretch[:, held]) @ shape[held]
        system = system + 1e-10 * sparse.diags(system.diagonal())
        result[inside] = sparse_linalg.splu(system.tocsc()).solve(np.asarray(right, np.float64))
