"""What the rims of all openings have in common: what they are, and which edges of a surface look like one."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from backend.geometry.operators import triangle_normals

CLOSED = 0.06
"""An opening lower than this times its width counts as closed."""


@dataclass(frozen=True)
class Contour:
    """The rim of one opening.

    upper (u,), lower (l,): int32 vertex numbers in order from the character's right to its left; both begin and end
    with the two corners. up, outward: unit vectors (3,) in the mesh's frame. width, opening: the distance of the
    corners and the greatest height between the chains, metres. state: "open", "closed" (two rims that touch), "fused"
    (no opening in the surface) or "missing" (nothing there; both chains are empty).
    """

    name: str
    upper: np.ndarray
    lower: np.ndarray
    up: np.ndarray
    outward: np.ndarray
    width: float
    opening: float
    state: str

    @property
    def loop(self) -> np.ndarray:
        """(u + l - 2,) the rim as one closed chain, every vertex once."""
        return np.concatenate([self.upper, self.lower[-2:0:-1]])


@dataclass(frozen=True)
class RimEdges:
    """Edges (e, 2) of a piece of surface and how much each looks like a rim (e,), 0 to 1."""

    ends: np.ndarray
    evidence: np.ndarray


def missing(name: str, outward: np.ndarray) -> Contour:
    """The contour of what is not there."""
    empty = np.zeros(0, np.int32)
    return Contour(name, empty, empty, np.array([0.0, 1.0, 0.0]), outward, 0.0, 0.0, "missing")


def upwards(along: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """The unit vector (3,) that is up for an opening that runs along one direction and looks outward."""
    up = np.cross(outward, along)
    return up / max(float(np.linalg.norm(up)), 1e-12)


def rim_edges(points: np.ndarray, faces: np.ndarray, outward: np.ndarray) -> RimEdges:
    """An edge is a rim where one of its triangles looks outward and the other does not or is not there; a sharp fold
    is half of one. outward: (t, 3), the direction that counts for each triangle."""
    normals = triangle_normals(points, faces)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    pairs = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    owner = np.tile(np.arange(len(faces)), 3)
    keys, inverse, count = np.unique(pairs @ [len(points), 1], return_inverse=True, return_counts=True)
    ends = np.stack(np.divmod(keys, len(points)), axis=1)
    order = np.argsort(inverse.ravel(), kind="stable")
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    first = owner[order[start]]
    second = owner[order[start + np.minimum(count - 1, 1)]]
    front = (normals * outward).sum(1) > 0
    rim = np.where(count == 1, front[first], front[first] != front[second])
    turn = np.arccos(np.clip((normals[first] * normals[second]).sum(1), -1, 1))
    return RimEdges(ends, np.where(rim, 1.0, 0.5 * np.clip(turn / np.radians(60), 0, 1)))


def behind_rim(points: np.ndarray, triangles: np.ndarray, contour: Contour) -> np.ndarray:
    """(t,) bool: triangles that hang on the smaller side of a rim: walls of a socket, an eye that is one surface with
    the lids. None where the rim does not part the surface around it. points: (n, 3), triangles: (t, 3)."""
    loop = contour.loop
    result = np.zeros(len(triangles), bool)
    if len(loop) == 0:
        return result
    around = points[loop].min(0) - contour.width, points[loop].max(0) + contour.width
    near = np.flatnonzero(((points > around[0]) & (points < around[1])).all(1)[triangles].all(1))
    used, faces = np.unique(triangles[near], return_inverse=True)
    faces = faces.reshape(-1, 3)
    free = ~np.isin(used, loop)
    a, b = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).T
    kept = free[a] & free[b]
    graph = sparse.coo_array((np.ones(kept.sum(), np.int8), (a[kept], b[kept])), shape=(len(used), len(used)))
    _, label = connected_components(graph, directed=False)
    beside = np.unique(label[np.concatenate([a[free[a] & ~free[b]], b[free[b] & ~free[a]]])])
    if len(beside) < 2:
        return result
    outer = beside[np.bincount(label)[beside].argmax()]
    inner = np.isin(label, beside[beside != outer])
    result[near] = inner[faces].any(1)
    return result
