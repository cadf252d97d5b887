"""Lashes, brows and beards ride on the skin: each point keeps its place over the skin beneath it."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.spatial import KDTree

from backend.geometry.closest import closest_points
from backend.geometry.edges import unique_edges
from backend.geometry.operators import vertex_normals
from backend.geometry.surface_distance import discs

CARRIERS = 12
"""Roots that carry one vertex of a rider."""

WIDTH = 0.5
"""How far around a rider's vertex its roots count, as a share of its own distance to the skin: what touches the skin
follows the point beneath it, what stands off follows the skin around that."""

TOUCH = 0.0002
"""Metres that are added to it."""

LASH_ROOT = 0.0015
"""Metres: vertices of lashes this near to the skin are roots. Their tips come close to other skin."""

LIES = 0.012
"""The same of brows and beards."""

PATCH = 0.006
"""Radius of the skin around a root whose turning the rider takes over, metres."""


ROUNDING = 1e-12
"""Metres: what moves less stands on skin that is still; a rotation that is looked for is never found to be none."""


@dataclass(frozen=True)
class Bond:
    """How riders hang on the skin.

    points: (q, 3) the rider vertices. carriers: (q, c) roots of each, with weights (q, c). place: (r, 3) the skin point
    under each root. skin: (n, 3), faces: (t, 3) the skin near the roots; near: (n,) its vertices' numbers in the whole
    skin. anchor: (r, n) sparse, barycentric weights of the skin points. patch: three (r, n) sparse, the weighted
    offsets of the skin around each of them, axis by axis. normals: (r, 3) of the skin there, as long as they count
    beside these.
    """

    points: np.ndarray
    carriers: np.ndarray
    weights: np.ndarray
    place: np.ndarray
    skin: np.ndarray
    faces: np.ndarray
    near: np.ndarray
    anchor: sparse.csr_matrix
    patch: tuple[sparse.csr_matrix, ...]
    normals: np.ndarray


def bond(points: np.ndarray, strands: np.ndarray, lashes: np.ndarray, skin: np.ndarray, faces: np.ndarray) -> Bond:
    """How riders hang on the skin.

    points: (q, 3) metres, the vertices of all riders. strands: (q,) which connected piece each belongs to; lashes: (q,)
    bool. skin: (n, 3), faces: (t, 3), the whole skin. Roots are the vertices of a piece that lie near the skin; a
    lash's tip hangs on its root, not on the brow that it comes close to.
    """
    triangle, barycentric, distance = closest_points(points, skin, faces)
    carriers = np.zeros((len(points), CARRIERS), np.int64)
    weights = np.zeros((len(points), CARRIERS))
    roots: list[np.ndarray] = []
    count = 0
    for strand in np.unique(strands):
        own = np.flatnonzero(strands == strand)
        close = _roots(distance[own], bool(lashes[own[0]]))
        off, which = KDTree(points[own[close]]).query(points[own], k=min(CARRIERS, len(close)))
        off, which = off.reshape(len(own), -1), which.reshape(len(own), -1)
        width = WIDTH * distance[own, None] + TOUCH
        # counted from the nearest root, which may be many widths away
        share = np.exp(-0.5 * (off**2 - off[:, :1] ** 2) / width**2)
        carriers[own, : which.shape[1]] = count + which
        weights[own, : which.shape[1]] = share / share.sum(1, keepdims=True)
        roots.append(own[close])
        count += len(close)
    root = np.concatenate(roots)
    place = (barycentric[root][:, :, None] * skin[faces[triangle[root]]]).sum(1)
    start = faces[triangle[root], barycentric[root].argmax(1)]
    patch, stiff = _patches(skin, faces, start)
    at = (np.repeat(np.arange(len(root)), 3), faces[triangle[root]].ravel())
    anchor = sparse.csr_matrix((barycentric[root].ravel(), at), shape=(len(root), len(skin)))
    near = np.unique(np.concatenate([matrix.indices for matrix in (anchor, *patch)]))
    kept = np.zeros(len(skin), bool)
    kept[near] = True
    kept[faces[kept[faces].any(1)]] = True
    near = np.flatnonzero(kept)
    local = np.searchsorted(near, faces[kept[faces].all(1)])
    skin, anchor = skin[near], anchor[:, near]
    normals = stiff[:, None] * _normals(anchor, skin, local)
    patch = tuple(matrix[:, near] for matrix in patch)
    return Bond(points, carriers, weights, place, skin, local, near, anchor, patch, normals)


def carry(hold: Bond, moved: np.ndarray) -> np.ndarray:
    """(q, 3) displacements of the riders for displacements (n, 3) of the whole skin."""
    moved = np.asarray(moved[hold.near], np.float64)
    if not moved.any():
        return np.zeros_like(hold.points)
    shift = hold.anchor @ moved
    rotation = _turning(hold, hold.skin + moved)
    ray = hold.points[:, None] - hold.place[hold.carriers]
    placed = np.einsum("qcij,qcj->qci", rotation[hold.carriers], ray) - ray + shift[hold.carriers]
    carried = (hold.weights[:, :, None] * placed).sum(1)
    carried[np.abs(carried).max(1) < ROUNDING] = 0.0
    return carried


def _roots(distance: np.ndarray, lashes: bool) -> np.ndarray:
    """Which vertices of one piece are roots, by their distances to the skin (p,)."""
    least = 1.5 * float(distance.min()) + 0.0005
    close = np.flatnonzero(distance <= max(least, LASH_ROOT if lashes else LIES))
    if len(close) >= min(3, len(distance)):
        return close
    return np.argsort(distance, kind="stable")[: max(3, len(distance) // 10)]


def _patches(
    skin: np.ndarray, faces: np.ndarray, start: np.ndarray
) -> tuple[tuple[sparse.csr_matrix, ...], np.ndarray]:
    """For each root the skin within PATCH of its vertex `start` (r,), along the surface, so that an upper lid never
    follows the lower one: three (r, n) of weighted offsets, and half the patch's spread (r,)."""
    starts, which = np.unique(start, return_inverse=True)
    edges, _ = unique_edges(faces, len(skin))
    reach = max(PATCH, 1.5 * float(np.median(np.linalg.norm(skin[edges[:, 0]] - skin[edges[:, 1]], axis=1))))
    rows, columns, values, spreads = [], [], [], []
    for number, (near, distance) in enumerate(discs(skin, faces, starts, reach)):
        weight = np.exp(-((np.minimum(distance, reach) / (0.6 * reach)) ** 2))
        weight /= weight.sum()
        ray = skin[near] - weight @ skin[near]
        rows.append(np.full(len(near), number))
        columns.append(near)
        values.append(weight[:, None] * ray)
        spreads.append(0.5 * float(weight @ (ray**2).sum(1)))
    shape = (len(starts), len(skin))
    at = (np.concatenate(rows), np.concatenate(columns))
    offsets = np.concatenate(values)
    each = tuple(sparse.csr_matrix((offsets[:, axis], at), shape=shape)[which] for axis in range(3))
    return each, np.array(spreads)[which]


def _turning(hold: Bond, skin: np.ndarray) -> np.ndarray:
    """(r, 3, 3) how the skin, now at (n, 3), has turned around each root: the rotation nearest to the patch's motion
    (Kabsch 1976). The normal takes part, or a patch that is stretched would pass for one that turns."""
    spread = np.stack([matrix @ skin for matrix in hold.patch], axis=1)
    spread += hold.normals[:, :, None] * _normals(hold.anchor, skin, hold.faces)[:, None, :]
    left, _, right = np.linalg.svd(spread)
    sign = np.sign(np.linalg.det(left @ right))
    right[:, 2] *= np.where(sign == 0, 1.0, sign)[:, None]
    return (left @ right).transpose(0, 2, 1)


def _normals(anchor: sparse.csr_matrix, skin: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(r, 3) unit normals of a surface at the points that anchor (r, n) names."""
    normal = anchor @ vertex_normals(skin, faces)
    return normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
