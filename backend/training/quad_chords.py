"""Coarsening a quad mesh by taking out whole edge loops, so that it stays a mesh of quads.

The quads of a mesh form strips (chords of the dual): from a quad across an edge to the next, until the strip closes or
ends at a border or a triangle. Merging the two ends of every rung of a strip takes out one edge loop, and all other
quads stay quads (Daniels, Silva, Shepherd and Cohen, "Quadrilateral mesh simplification", 2008). Which loop goes is
decided by how far its vertices lie from the line between their neighbours on the loops beside it, in a space of
positions and shapes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

FREE, FEATURE, PINNED = 0, 1, 2
"""Ranks of vertices: FREE ones may go, FEATURE ones (seams, contours, borders) only along their feature, PINNED
never."""


EVENNESS = 0.6
"""Square millimetres that a gap between loops of twice the wanted spacing costs; it grows with the fourth power."""


@dataclass(frozen=True)
class QuadMesh:
    """faces: (M, 4) vertex numbers, -1 pads triangles. face_uv: (M, 4) texture coordinate numbers of the corners."""

    faces: np.ndarray
    face_uv: np.ndarray


@dataclass(frozen=True)
class Guide:
    """What coarsening looks at. features: (N, D) in millimetres: position, shapes, modes. positions: (N, 3) in
    millimetres. spacing: (N,) edge length in millimetres that is wanted. weight: (N,) importance of errors. rank: (N,)
    FREE, FEATURE or PINNED. feature_edges: (K, 2) vertex pairs. mirror: (N,) the vertex of the other side."""

    features: np.ndarray
    positions: np.ndarray
    spacing: np.ndarray
    weight: np.ndarray
    rank: np.ndarray
    feature_edges: np.ndarray
    mirror: np.ndarray


@dataclass(frozen=True)
class Strips:
    """edges: (E, 2) sorted vertex pairs. side: (E, 2) the loop that each end of an edge belongs to when the edge is a
    rung; loops are numbered. chord: (E,) the strip that an edge is a rung of. face_edge: (M, 4), -1 pads."""

    edges: np.ndarray
    side: np.ndarray
    chord: np.ndarray
    face_edge: np.ndarray


def edge_keys(pairs: np.ndarray, count: int) -> np.ndarray:
    """One int64 per unordered vertex pair (K, 2)."""
    pairs = np.sort(pairs.astype(np.int64), axis=1)
    return pairs[:, 0] * count + pairs[:, 1]


def strips(faces: np.ndarray, count: int) -> Strips:
    """The strips of faces (M, 4) over count vertices."""
    size = np.where(faces[:, 3] < 0, 3, 4)
    slot = np.arange(4)
    following = np.where(slot + 1 < size[:, None], slot + 1, 0)
    pairs = np.stack([faces, np.take_along_axis(faces, following, 1)], axis=2)
    real = slot < size[:, None]
    keys, inverse = np.unique(edge_keys(pairs[real], count), return_inverse=True)
    face_edge = np.full(faces.shape, -1)
    face_edge[real] = inverse
    edges = np.stack([keys // count, keys % count], axis=1)
    quads = faces[size == 4]
    quad_edges = face_edge[size == 4]
    ends, links = [], []
    for first, second in ((0, 2), (1, 3)):
        links.append(quad_edges[:, [first, second]])
        near, far = quads[:, first], quads[:, (second + 1) % 4]
        other_near, other_far = quads[:, first + 1], quads[:, second]
        for a, b in ((near, far), (other_near, other_far)):
            ends.append(
                np.stack(
                    [
                        2 * quad_edges[:, first] + (edges[quad_edges[:, first], 1] == a),
                        2 * quad_edges[:, second] + (edges[quad_edges[:, second], 1] == b),
                    ],
                    axis=1,
                )
            )
    side = labels(np.concatenate(ends), 2 * len(edges)).reshape(-1, 2)
    chord = labels(np.concatenate(links), len(edges))
    return Strips(edges, side, chord, face_edge)


def labels(links: np.ndarray, count: int) -> np.ndarray:
    """(count,) component numbers of the graph with the given links (K, 2)."""
    graph = sparse.coo_matrix((np.ones(len(links), bool), (links[:, 0], links[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def removal_costs(strip: Strips, faces: np.ndarray, guide: Guide) -> tuple[np.ndarray, np.ndarray]:
    """Costs (E, 2) of merging each end of an edge into the other end, and which end really goes: flip (E, 2) is True
    where the other one must, because of its rank. Infinite where neither may."""
    edges, count = strip.edges, len(guide.rank)
    valence = np.bincount(edges.ravel(), minlength=count)
    neighbours = np.zeros(count)
    for end in (0, 1):
        neighbours += np.bincount(edges[:, end], edges[:, 1 - end], minlength=count)
    beside = np.zeros((len(edges), 2))
    beside_count = np.zeros((len(edges), 2))
    size = np.where(faces[:, 3] < 0, 3, 4)
    for slot in range(4):
        real = slot < size
        face, edge = faces[real], strip.face_edge[real, slot]
        n = size[real]
        row = np.arange(len(face))
        start, stop = face[row, slot], face[row, (slot + 1) % n]
        for vertex, far in ((start, face[row, (slot - 1) % n]), (stop, face[row, (slot + 2) % n])):
            end = (edges[edge, 1] == vertex).astype(int)
            np.add.at(beside, (edge, end), far)
            np.add.at(beside_count, (edge, end), 1)
    costs = np.empty((len(edges), 2))
    for end in (0, 1):
        gone, kept = edges[:, end], edges[:, 1 - end]
        regular = (valence[gone] == 4) & (beside_count[:, end] == 2)
        across = np.where(regular, neighbours[gone] - kept - beside[:, end], kept).astype(int)
        span = guide.positions[across] - guide.positions[kept]
        length = np.linalg.norm(span, axis=1)
        step = guide.positions[gone] - guide.positions[kept]
        share = np.clip((step * span).sum(1) / np.maximum(length**2, 1e-9), 0, 1)[:, None]
        between = (1 - share) * guide.features[kept] + share * guide.features[across]
        error = ((guide.features[gone] - between) ** 2).sum(1)
        width = np.where(regular, length, 1.6 * np.linalg.norm(step, axis=1))
        error = np.where(regular, error, 0.5 * error)
        costs[:, end] = guide.weight[gone] * error + EVENNESS * (width / (2 * guide.spacing[gone])) ** 4
    rank = guide.rank[edges]
    on_feature = np.isin(edge_keys(edges, count), edge_keys(guide.feature_edges, count))
    blocked = (rank.min(1) > FREE) & ~on_feature | (rank.min(1) == PINNED)
    flip = rank > rank[:, ::-1]
    costs = np.where(flip, costs[:, ::-1], costs)
    return np.where(blocked[:, None], np.inf, costs), flip


def merge(mesh: QuadMesh, strip: Strips, rungs: np.ndarray, gone: np.ndarray, guide: Guide) -> QuadMesh | None:
    """The mesh with the ends of the rungs (R,) merged; gone: (R,) the vertex of each that is to go. None where the
    result would not be a clean mesh of quads and the triangles that were there."""
    count = len(guide.rank)
    group = labels(strip.edges[rungs], count)
    losses = np.bincount(gone, minlength=count)
    involved = np.unique(strip.edges[rungs])
    if (guide.rank[strip.edges[rungs]].min(1) == PINNED).any():
        return None
    image = guide.mirror[involved]
    x, y, z = (guide.positions[involved] + guide.positions[image] * [-1, 1, 1]).round(4).T
    order = np.lexsort((z, y, np.abs(x), losses[involved], -guide.rank[involved], group[involved]))
    chosen = involved[order]
    first = np.concatenate([[True], np.diff(group[chosen]) != 0])
    target = np.arange(count)
    keeper = np.zeros(group.max() + 1, int)
    keeper[group[chosen[first]]] = chosen[first]
    target[involved] = keeper[group[involved]]
    if (target[image] != guide.mirror[target[involved]]).any():
        return None
    pinned = involved[guide.rank[involved] == PINNED]
    if (target[pinned] != pinned).any():
        return None
    padded = mesh.faces < 0
    faces = np.where(padded, -1, target[mesh.faces])
    face_uv = merge_uv(mesh, strip, rungs, target)
    ordered = np.sort(faces, axis=1)
    distinct = (np.diff(ordered, axis=1) != 0).sum(1) + 1 - padded.any(1)
    full = np.where(padded.any(1), 3, 4)
    if ((distinct < full) & (distinct > 2)).any():
        return None
    keep = distinct == full
    result = QuadMesh(faces[keep], face_uv[keep])
    return result if is_clean(result, mesh, guide) else None


def merge_uv(mesh: QuadMesh, strip: Strips, rungs: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(M, 4) texture coordinate numbers after merging: each takes the number that the vertex it goes to has on the same
    side of a seam."""
    is_rung = np.zeros(len(strip.edges), bool)
    is_rung[rungs] = True
    size = np.where(mesh.faces[:, 3] < 0, 3, 4)
    pairs, owners = [], []
    for slot in range(4):
        hit = (slot < size) & (strip.face_edge[:, slot] >= 0) & is_rung[strip.face_edge[:, slot]]
        after = np.where(slot + 1 < size, slot + 1, 0)[hit]
        pairs.append(np.stack([mesh.face_uv[hit, slot], mesh.face_uv[hit][np.arange(hit.sum()), after]], axis=1))
        owners.append(np.stack([mesh.faces[hit, slot], mesh.faces[hit][np.arange(hit.sum()), after]], axis=1))
    pairs_all, owners_all = np.concatenate(pairs), np.concatenate(owners)
    count = int(mesh.face_uv.max()) + 1
    group = labels(pairs_all, count)
    keeps = target[owners_all] == owners_all
    keeper = np.full(group.max() + 1, -1)
    keeper[group[pairs_all[keeps]]] = pairs_all[keeps]
    fresh = np.arange(count)
    touched = np.unique(pairs_all)
    fresh[touched] = np.where(keeper[group[touched]] >= 0, keeper[group[touched]], touched)
    return np.where(mesh.face_uv < 0, -1, fresh[mesh.face_uv])


def is_clean(mesh: QuadMesh, before: QuadMesh, guide: Guide) -> bool:
    """Whether no edge has more than two faces, no face is there twice, no inner vertex has fewer than three faces, and
    no face has turned over or become a sliver that was none before."""
    count = len(guide.rank)
    if not len(mesh.faces):
        return False
    ordered = np.sort(mesh.faces, axis=1)
    if len(np.unique(ordered, axis=0)) < len(ordered):
        return False
    strip_edges = strips(mesh.faces, count)
    uses = np.bincount(strip_edges.face_edge[strip_edges.face_edge >= 0], minlength=len(strip_edges.edges))
    if uses.max() > 2:
        return False
    faces_at = np.bincount(mesh.faces[mesh.faces >= 0], minlength=count)
    border = np.zeros(count, bool)
    border[strip_edges.edges[uses == 1]] = True
    if ((faces_at > 0) & ~border & (faces_at < 3)).any():
        return False
    return worst_corners(mesh.faces, guide.positions) <= worst_corners(before.faces, guide.positions)


def worst_corners(faces: np.ndarray, positions: np.ndarray) -> int:
    """How many quads have a corner that turns against the quad's own normal."""
    quad = positions[faces[faces[:, 3] >= 0]]
    normal = np.cross(quad[:, 2] - quad[:, 0], quad[:, 3] - quad[:, 1])
    forward = np.roll(quad, -1, axis=1) - quad
    backward = np.roll(quad, 1, axis=1) - quad
    corner = np.cross(forward, backward)
    return int(((corner * normal[:, None]).sum(2) <= 0).any(1).sum())


def coarsen(
    mesh: QuadMesh, guide: Guide, wanted: int, progress: Callable[[int, float], None] = lambda vertices, cost: None
) -> QuadMesh:
    """Takes out the cheapest loops, with their mirror images, until no more than wanted vertices are left or no loop
    can go.

    The mesh must be its own mirror image under guide.mirror; the result is too.
    """
    count = len(guide.rank)
    while True:
        vertices = len(np.unique(mesh.faces[mesh.faces >= 0]))
        if vertices <= wanted:
            return mesh
        strip = strips(mesh.faces, count)
        costs, flip = removal_costs(strip, mesh.faces, guide)
        loops = strip.side.max() + 1
        length = np.bincount(strip.side.ravel(), minlength=loops)
        total = np.bincount(strip.side.ravel(), costs.ravel(), minlength=loops) / np.maximum(length, 1)
        mirrored_edge = mirrored_edges(strip, guide.mirror)
        image = mirrored_loops(strip, guide.mirror, mirrored_edge)
        # rounded, so that the last bits of sums, which differ with the number of threads, decide nothing
        for loop in np.argsort(np.round(total, 6), kind="stable"):
            if not np.isfinite(total[loop]):
                return mesh
            hit = (strip.side == loop) | (strip.side == image[loop])
            if hit.all(1).any():
                continue
            rungs = np.nonzero(hit.any(1))[0]
            end = hit[rungs, 1].astype(int)
            end = np.where(flip[rungs, end], 1 - end, end)
            result = merge(mesh, strip, rungs, strip.edges[rungs, end], guide)
            if result is not None:
                mesh = result
                progress(len(np.unique(mesh.faces[mesh.faces >= 0])), float(total[loop]))
                break
        else:
            return mesh


def mirrored_edges(strip: Strips, mirror: np.ndarray) -> np.ndarray:
    """(E,) the mirror image of every edge. Raises ValueError where there is none."""
    keys = edge_keys(strip.edges, len(mirror))
    wanted = edge_keys(mirror[strip.edges], len(mirror))
    image = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    if (keys[image] != wanted).any():
        raise ValueError("the mesh is not its own mirror image")
    return image


def mirrored_loops(strip: Strips, mirror: np.ndarray, mirrored_edge: np.ndarray) -> np.ndarray:
    """(L,) the mirror image of every loop."""
    image = np.zeros(strip.side.max() + 1, int)
    for end in (0, 1):
        twin = (strip.edges[mirrored_edge, 1] == mirror[strip.edges[:, end]]).astype(int)
        image[strip.side[:, end]] = strip.side[mirrored_edge, twin]
    return image
