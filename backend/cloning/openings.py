"""Find a face by its openings: two eyes and a mouth, cut into one even surface, whatever its proportions.

What lies behind lids and lips - sockets, the inside of a mouth - belongs to the surface but cannot be seen from
outside. The line between what is seen and what is hidden, or a hole's border, is the rim of the opening. Animals and
cartoons that no landmark detector knows have such rims, and they say where the face, its lids and its lips are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import KDTree

from backend.cloning.contours import LANDMARKS
from backend.cloning.landmark_map import canonical_landmarks
from backend.errors import Progress, silent
from backend.geometry.exposure import exposure, in_own_axes
from backend.geometry.operators import triangle_normals
from backend.geometry.polyline import arc_length, resample
from backend.geometry.similarity import apply_transform, fit_similarity

MOST_TRIANGLES = 120_000
"""Larger meshes are scans or whole scenes; faces on those are seen."""

HIDDEN = (0.12, 0.2)
"""Exposures below which a triangle may lie behind lids or lips; plain skin has about one half. Sockets and open mouths
are found by the first; the second shows slits in a smooth surface, and connects much that does not belong together."""

SAME = 0.1
"""Difference, relative to its size, up to which a rim at the second exposure is one that the first gave."""

SPECK = 4
"""Triangles: a smaller patch is as seen or hidden as what surrounds it."""

SMALLEST, LARGEST = 0.02, 0.6
"""Width of a rim as a share of the mesh's longest side."""

MOST_RIMS = 24
UNLIKE = 0.2
"""Most that the two eyes may differ in size, and the mouth in its distances to both, relative."""

AHEAD = 0.3
"""Least cosine between where the skin around an opening faces and the front of the face that the three make. Eyes and
mouths of animals have 0.6 and more, ears taken for eyes down to zero."""

UNEVEN = 0.035
"""Most that the surface may differ from its mirror image about the plane between the eyes: a median, as a share of the
distance between the eyes."""


@dataclass(frozen=True)
class Found:
    """canonical_from_mesh: (4, 4) similarity. landmarks: (478, 3) in the canonical frame, NaN but for lids and lips.
    uneven: how far the surface differs from its mirror image, in distances between the eyes. ahead: the least cosine
    between where the skin around one of them faces and the front."""

    canonical_from_mesh: np.ndarray
    landmarks: np.ndarray
    uneven: float
    ahead: float


@dataclass(frozen=True)
class _Rim:
    """One rim. vertices: (r,) numbers; edges: (e, 2) between them; centre: (3,); outward: unit (3,), where the skin
    around it faces; size: greatest extent."""

    vertices: np.ndarray
    edges: np.ndarray
    centre: np.ndarray
    outward: np.ndarray
    size: float


def openings_face(
    vertices: np.ndarray, triangles: np.ndarray, components: np.ndarray, progress: Progress = silent
) -> list[Found]:
    """Faces by their openings, the most even first, of equally even ones the one whose openings look ahead most; empty
    where there are none or the mesh is too large.

    vertices: (n, 3) in any frame and scale, welded. triangles: (t, 3). components: (n,) connected part of each vertex.
    """
    if not 100 <= len(triangles) <= MOST_TRIANGLES:
        return []
    points = in_own_axes(vertices, triangles)
    exposed = exposure(points, triangles, progress)
    found: list[Found] = []
    for component in np.unique(components[triangles[:, 0]]):
        own = components[triangles[:, 0]] == component
        if own.sum() < 100:
            continue
        rims: list[_Rim] = []
        for level in HIDDEN:
            found_here = _rims(points, triangles[own], _without_specks(triangles[own], exposed[own] < level))
            rims += [rim for rim in found_here if not any(_same(rim, other) for other in rims)]
        seen = np.unique(triangles[own & (exposed >= HIDDEN[0])])
        for eyes, mouth in _trios(rims):
            one = _place(points, vertices, seen, eyes, mouth)
            if one is not None:
                found.append(one)
    return sorted(found, key=lambda one: (round(one.uneven, 3), -one.ahead))


def _without_specks(triangles: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """(t,) bool hidden, patches of fewer than SPECK triangles turned over."""
    result = hidden.copy()
    for state in (True, False):
        at = np.flatnonzero(result == state)
        label = _patches(triangles[at])
        result[at[(np.bincount(label) < SPECK)[label]]] = not state
    return result


def _patches(triangles: np.ndarray) -> np.ndarray:
    """(t,) number of the patch of triangles that hang together by edges."""
    if len(triangles) == 0:
        return np.zeros(0, np.int64)
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    _, edge = np.unique(edges, axis=0, return_inverse=True)
    owner = np.repeat(np.arange(len(triangles)), 3)
    incidence = sparse.csr_matrix((np.ones(len(owner)), (owner, edge.ravel())))
    return connected_components(incidence @ incidence.T, directed=False)[1]


def _rims(points: np.ndarray, triangles: np.ndarray, hidden: np.ndarray) -> list[_Rim]:
    """The rims between seen and hidden triangles and along holes, the largest first."""
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    unique, edge = np.unique(edges, axis=0, return_inverse=True)
    visible = np.bincount(edge.ravel(), np.repeat(~hidden, 3), minlength=len(unique))
    all_sides = np.bincount(edge.ravel(), minlength=len(unique))
    rim_edges = unique[(visible == 1) & ((all_sides == 1) | (all_sides - visible >= 1))]
    if len(rim_edges) == 0:
        return []
    used, local = np.unique(rim_edges, return_inverse=True)
    local = local.reshape(-1, 2)
    graph = sparse.coo_matrix((np.ones(len(local)), (local[:, 0], local[:, 1])), shape=(len(used), len(used)))
    count, label = connected_components(graph, directed=False)
    slopes = triangle_normals(points, triangles[~hidden])
    around = KDTree(points[triangles[~hidden]].mean(1))
    rims = []
    for number in range(count):
        members = used[label == number]
        own = points[members]
        size = float(np.linalg.norm(np.ptp(own, axis=0)))
        centre = 0.5 * (own.min(0) + own.max(0))
        outward = slopes[around.query_ball_point(centre, 0.75 * size)].sum(0)
        if len(members) >= 6 and SMALLEST < size < LARGEST and np.linalg.norm(outward) > 0:
            outward /= np.linalg.norm(outward)
            rims.append(_Rim(members, rim_edges[label[local[:, 0]] == number], centre, outward, size))
    return sorted(rims, key=lambda rim: -rim.size)[:MOST_RIMS]


def _same(one: _Rim, other: _Rim) -> bool:
    apart = float(np.linalg.norm(one.centre - other.centre))
    return apart < SAME * one.size and abs(np.log(one.size / other.size)) < SAME


def _trios(rims: list[_Rim]) -> Iterator[tuple[tuple[_Rim, _Rim], _Rim]]:
    """Two rims of one size and a third one at the same distance from both that faces their way."""
    for first, second in combinations(rims, 2):
        if abs(np.log(first.size / second.size)) > UNLIKE:
            continue
        apart = float(np.linalg.norm(first.centre - second.centre))
        if apart < 0.8 * max(first.size, second.size):
            continue
        for mouth in rims:
            if mouth is first or mouth is second:
                continue
            near, far = sorted(float(np.linalg.norm(mouth.centre - eye.centre)) for eye in (first, second))
            # Rims of faces that are there twice lie on each other.
            if not 0.3 * apart < near < 3.0 * apart:
                continue
            if np.log(far / near) < UNLIKE and mouth.outward @ (first.outward + second.outward) > 0:
                yield (first, second), mouth


def _place(
    points: np.ndarray, vertices: np.ndarray, seen: np.ndarray, eyes: tuple[_Rim, _Rim], mouth: _Rim
) -> Found | None:
    """The face with these openings, or None where they do not mirror each other or make no face. points: (n, 3) scaled
    to one; vertices: (n, 3) as given; seen: numbers of the visible vertices."""
    across = eyes[0].centre - eyes[1].centre
    apart = float(np.linalg.norm(across))
    across /= apart
    middle = 0.5 * (eyes[0].centre + eyes[1].centre)
    upward = middle - mouth.centre
    upward -= (upward @ across) * across
    upward /= np.linalg.norm(upward)
    forward = np.cross(across, upward)
    if forward @ (mouth.outward + eyes[0].outward + eyes[1].outward) < 0:
        across, forward, eyes = -across, -forward, (eyes[1], eyes[0])
    ahead = min(float(rim.outward @ forward) for rim in (*eyes, mouth))
    if ahead < AHEAD:
        return None
    frame = np.stack([across, upward, forward])
    uneven = _unevenness((points[seen] - middle) @ frame.T) / apart
    if uneven > UNEVEN:
        return None
    landmarks = np.full((len(canonical_landmarks()), 3), np.nan)
    for rim, name in ((eyes[0], "eye_left"), (eyes[1], "eye_right"), (mouth, "mouth")):
        chains = _chains((points[rim.vertices] - middle) @ frame.T, rim)
        if chains is None:
            return None
        for chain, numbers in zip(chains, LANDMARKS[name], strict=True):
            wanted = arc_length(canonical_landmarks()[list(numbers)])
            line = vertices[chain].astype(np.float64)
            landmarks[list(numbers)] = resample(line, wanted, arc_length(line))
    known = np.isfinite(landmarks).all(1)
    matrix = fit_similarity(landmarks[known], canonical_landmarks()[known])
    return Found(matrix, apply_transform(matrix, landmarks), uneven, ahead)


def _unevenness(points: np.ndarray) -> float:
    """Median distance between points (p, 3), of what lies within two distances of the face, and their mirror images in
    x."""
    step = max(1, len(points) // 3000)
    return float(np.median(KDTree(points).query(points[::step] * [-1, 1, 1])[0]))


def _chains(points: np.ndarray, rim: _Rim) -> tuple[np.ndarray, np.ndarray] | None:
    """The upper and the lower chain of vertex numbers of a rim, from the character's right to its left; the same line
    twice where the rim is a slit of one line. points: (r, 3) of the rim, x to the left, y up. None where the rim is in
    pieces."""
    right, left = int(points[:, 0].argmin()), int(points[:, 0].argmax())
    local = np.searchsorted(rim.vertices, rim.edges)
    first = _walk(points, local, right, left)
    if first is None:
        return None
    apart = ~np.isin(local, first[1:-1]).any(1)
    second = _walk(points, local[apart], right, left)
    if second is None:
        # a rim that touches itself: both chains pass through where it does
        second = _walk(points, local[~_along(local, first)], right, left)
    if second is None or len(second) == 2 < len(first):
        second = first
    upper, lower = sorted((first, second), key=lambda chain: -_height(points[chain]))
    return rim.vertices[upper], rim.vertices[lower]


def _height(chain: np.ndarray) -> float:
    at = np.linspace(0.05, 0.95, 19)
    return float(resample(chain, at, arc_length(chain))[:, 1].mean())


def _along(edges: np.ndarray, chain: np.ndarray) -> np.ndarray:
    """(e,) bool: which edges (e, 2) the chain of vertex numbers runs along."""
    count = int(edges.max()) + 1
    steps = np.sort(np.stack([chain[:-1], chain[1:]], axis=1), axis=1)
    return np.isin(np.sort(edges, axis=1) @ [count, 1], steps @ [count, 1])


def _walk(points: np.ndarray, edges: np.ndarray, start: int, end: int) -> np.ndarray | None:
    """The shortest chain of edges between two points; None where there is none."""
    length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1) + 1e-12
    shape = (len(points), len(points))
    graph = sparse.csr_matrix((length, (edges[:, 0], edges[:, 1])), shape=shape)
    distance, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
    if not np.isfinite(distance[end]):
        return None
    chain = [end]
    while chain[-1] != start:
        chain.append(int(before[chain[-1]]))
    return np.array(chain[::-1])
