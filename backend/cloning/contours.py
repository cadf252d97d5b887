"""Lid margins and inner lips: found on any head as two chains of edges, upper and lower, that meet at the corners."""

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as sparse_linalg
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from backend.cloning.eye_rim import find_eye_rim
from backend.cloning.eyeballs import Eyeball
from backend.cloning.landmark_map import INNER_LIP, LEFT_LID, RIGHT_LID
from backend.cloning.reference import Reference, references
from backend.cloning.rim import CLOSED, Contour, RimEdges, missing, rim_edges, upwards
from backend.geometry.operators import laplacian, vertex_normals
from backend.geometry.polyline import dense, height_gap

OPENINGS = ("eye_left", "eye_right", "mouth")

LANDMARKS = {
    "eye_left": ((LEFT_LID[8:] + LEFT_LID[:1]), LEFT_LID[8::-1]),
    "eye_right": ((RIGHT_LID[:1] + RIGHT_LID[:7:-1]), RIGHT_LID[:9]),
    "mouth": (INNER_LIP[:11], (INNER_LIP[:1] + INNER_LIP[:9:-1])),
}
"""Landmarks of the upper and lower contours, from the character's right to its left."""

REACH = 0.014
"""How far from the reference contour, on the canonical head, a vertex may lie to take part; metres."""

BLUR = 0.003
"""The error of a correspondence that is normal, metres."""

SHARED = 0.5
"""Upper and lower chains that share more of their vertices between the corners than this are one line: nothing to
open."""


def find_contours(
    vertices: np.ndarray,
    triangles: np.ndarray,
    canonical: np.ndarray,
    landmarks: np.ndarray | None = None,
    eyes: tuple[Eyeball | None, Eyeball | None] = (None, None),
) -> dict[str, Contour]:
    """The rims of both eyes and the mouth, by name.

    vertices: (n, 3) metres in the canonical frame, the skin alone (other triangles must not be passed). triangles:
    (t, 3), welded. canonical: (n, 3) the corresponding points on the canonical head, metres. landmarks: (478, 3)
    MediaPipe's points on the mesh, canonical frame, NaN where not seen. eyes: fitted eyeballs, left and right. Both
    help where they are given: where the correspondence puts an eye's rim far from the eyeball, the eyeball is right.
    """
    points = np.asarray(vertices, np.float64)
    canonical = np.asarray(canonical, np.float64)
    triangles = np.asarray(triangles)
    found = {
        name: find_eye_rim(name, points, triangles, canonical, _marked(name, landmarks), eye)
        for name, eye in zip(OPENINGS[:2], eyes, strict=True)
    }
    found["mouth"] = _find_lips(points, triangles, canonical, _marked("mouth", landmarks))
    return found


def _find_lips(
    points: np.ndarray,
    triangles: np.ndarray,
    canonical: np.ndarray,
    marks: tuple[np.ndarray, np.ndarray] | None,
) -> Contour:
    """The inner lips: the cheapest chains of edges from corner to corner, cheap where the correspondence lies near the
    reference contour, where the surface turns away from the viewer or ends, and on the right side of the opening."""
    name = "mouth"
    reference = references()[name]
    keep = triangles[_within_reach(canonical, reference)[triangles].all(1)]
    if len(keep) < 4:
        return missing(name, reference.outward)
    local, faces = np.unique(keep, return_inverse=True)
    faces = faces.reshape(-1, 3)
    here, there = points[local], canonical[local]
    up = upwards(reference.upper[-1] - reference.upper[0], reference.outward)
    rims = rim_edges(here, faces, _facing(reference, up, there[faces].mean(1)))
    side = _sides(here, faces, there, reference, up)
    corners = [
        _corner(there, here, rims, side, reference.upper[at], None if marks is None else marks[0][at]) for at in (0, -1)
    ]
    if corners[0] == corners[1]:
        return missing(name, reference.outward)
    chains = []
    for which, (line, sign) in enumerate(((reference.upper, 1.0), (reference.lower, -1.0))):
        off = _distance(there, line)
        if marks is not None:
            # lids seen closed where no pupil shows, lips seen parted: landmarks may only add evidence
            off = np.minimum(off, 0.5 * (off + _distance(here, marks[which])))
        chain = _chain(here, rims, off, sign * side, corners)
        if chain is None:
            return missing(name, reference.outward)
        chains.append(chain)
    shared = (len(np.intersect1d(chains[0], chains[1])) - 2) / max(min(len(chain) for chain in chains) - 2, 1)
    upper, lower = _recut(chains[0], chains[1], here)
    width = float(np.linalg.norm(here[upper[-1]] - here[upper[0]]))
    if shared > SHARED or len(upper) < 3 or len(lower) < 3 or width < 1e-5:
        fused = Contour(name, local[chains[0]], local[chains[1]], up, reference.outward, width, 0.0, "fused")
        return fused if width >= 1e-5 else missing(name, reference.outward)
    up = upwards(here[upper[-1]] - here[upper[0]], reference.outward)
    opening = float(height_gap(here[upper], here[lower], up, reference.outward).max())
    state = "open" if opening > CLOSED * width else "closed"
    return Contour(
        name,
        local[upper].astype(np.int32),
        local[lower].astype(np.int32),
        up,
        reference.outward,
        width,
        max(opening, 0.0),
        state,
    )


def _distance(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    return KDTree(line).query(points)[0]


def _within_reach(points: np.ndarray, reference: Reference) -> np.ndarray:
    """(n,) bool: which canonical points (n, 3) lie near the reference contour."""
    line = np.concatenate([reference.upper, reference.lower])
    near = _boxed(points, line, REACH)
    near[near] = KDTree(line).query(points[near], distance_upper_bound=REACH)[0] < REACH
    return near


def _boxed(points: np.ndarray, places: np.ndarray, margin: float) -> np.ndarray:
    """(n,) bool: which points lie in the places' box with a margin."""
    return ((points >= places.min(0) - margin) & (points <= places.max(0) + margin)).all(1)


def _marked(name: str, landmarks: np.ndarray | None) -> tuple[np.ndarray, np.ndarray] | None:
    """The landmarks' own polylines of an opening, where all of them were seen."""
    if landmarks is None:
        return None
    upper, lower = (np.asarray(landmarks, np.float64)[list(numbers)] for numbers in LANDMARKS[name])
    if not (np.isfinite(upper).all() and np.isfinite(lower).all()):
        return None
    return dense(upper), dense(lower)


def _facing(reference: Reference, up: np.ndarray, canonical: np.ndarray) -> np.ndarray:
    """(p, 3) the direction that an opening faces at canonical points (p, 3). For an eye, where it looks: the rim is
    what hides what is behind it. For the mouth, level and square to the line between the lips, because closed lips
    hide nothing and turn inwards around the teeth."""
    if reference.looks:
        return np.broadcast_to(reference.outward, canonical.shape)
    middle = 0.5 * (reference.upper + reference.lower)
    step = np.maximum(len(middle) // 8, 1)
    ahead = np.minimum(np.arange(len(middle)) + step, len(middle) - 1)
    behind = np.maximum(np.arange(len(middle)) - step, 0)
    direction = np.cross(middle[ahead] - middle[behind], up)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return direction[KDTree(middle).query(canonical)[1]]


def _sides(
    points: np.ndarray, faces: np.ndarray, canonical: np.ndarray, reference: Reference, up: np.ndarray
) -> np.ndarray:
    """(n,) positive above the opening, negative below. Where the correspondence is too blurred to tell (closed lips)
    the normal does: the upper rim faces down, the lower one up. Smoothed along the surface, which separates lips
    that touch in space."""
    along = np.cross(up, reference.outward)
    at, height = canonical @ along, canonical @ up
    middle = [np.interp(at, line @ along, line @ up) for line in (reference.upper, reference.lower)]
    above = height - 0.5 * (middle[0] + middle[1])
    close = np.exp(-((above / (2 * BLUR)) ** 2))
    score = np.clip(above / BLUR, -1, 1) - close * (vertex_normals(points, faces) @ up)
    matrix, mass = laplacian(points, faces)
    weights = sparse.diags(mass)
    smooth = sparse_linalg.spsolve((weights + (0.5 * BLUR) ** 2 * matrix).tocsc(), mass * score)
    return np.asarray(smooth)


def _corner(
    canonical: np.ndarray,
    points: np.ndarray,
    rims: RimEdges,
    side: np.ndarray,
    target: np.ndarray,
    mark: np.ndarray | None,
) -> int:
    """The vertex that is near the reference corner, on a rim, and neither above nor below the opening."""
    cost = np.linalg.norm(canonical - target, axis=1)
    if mark is not None:
        cost = np.minimum(cost, 0.5 * (cost + np.linalg.norm(points - mark, axis=1)))
    on_rim = np.zeros(len(points), bool)
    on_rim[rims.ends[rims.evidence == 1.0]] = True
    return int((cost + np.where(on_rim, 0.0, BLUR) + 0.5 * BLUR * np.minimum(np.abs(side), 1.0)).argmin())


def _chain(
    points: np.ndarray, rims: RimEdges, off: np.ndarray, side: np.ndarray, corners: list[int]
) -> np.ndarray | None:
    """The cheapest chain of vertices between the corners; None where they are not connected."""
    a, b = rims.ends.T
    length = np.linalg.norm(points[a] - points[b], axis=1)
    # within the correspondence's normal error the shape of the surface decides
    blurred = 0.5 * (off[a] + off[b]) / BLUR
    astray = 0.15 + 0.1 * blurred**2 + np.maximum(blurred - 1.0, 0.0) ** 2
    # near the corners both sides are right: the corner guessed may lie on either rim
    middle = 0.5 * (points[a] + points[b])
    inner = np.min([np.linalg.norm(middle - points[corner], axis=1) for corner in corners], axis=0)
    wrong = np.clip(-(side[a] + side[b]), 0, 1) * np.clip(inner / (2 * BLUR), 0, 1)
    cost = length * astray * (1 + 6 * (1 - rims.evidence)) * (1 + 60 * wrong) + 1e-9
    graph = sparse.csr_matrix((cost, (a, b)), shape=(len(points), len(points)))
    total, before = dijkstra(graph, directed=False, indices=corners[0], return_predecessors=True)
    if not np.isfinite(total[corners[1]]):
        return None
    chain = [corners[1]]
    while chain[-1] != corners[0]:
        chain.append(int(before[chain[-1]]))
    return np.array(chain[::-1])


def _recut(upper: np.ndarray, lower: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same loop without what both chains share at its ends, cut where it is widest."""
    shortest = min(len(upper), len(lower))
    head = 0
    while head + 1 < shortest and upper[head + 1] == lower[head + 1]:
        head += 1
    tail = 0
    while tail + 1 < shortest - head and upper[-2 - tail] == lower[-2 - tail]:
        tail += 1
    upper, lower = upper[head : len(upper) - tail], lower[head : len(lower) - tail]
    if len(upper) < 3 or len(lower) < 3 or len(np.intersect1d(upper, lower)) > 2:
        return upper, lower
    loop = np.concatenate([upper, lower[-2:0:-1]])
    along = points[upper[-1]] - points[upper[0]]
    place = points[loop] @ along
    loop = np.roll(loop, -int(place.argmin()))
    last = int(np.roll(place, -int(place.argmin())).argmax())
    one, other = loop[: last + 1], np.concatenate([loop[last:], loop[:1]])[::-1]
    keeps = np.isin(one, upper).sum() + np.isin(other, lower).sum()
    swaps = np.isin(one, lower).sum() + np.isin(other, upper).sum()
    return (one, other) if keeps >= swaps else (other, one)
