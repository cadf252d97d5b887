"""Lid margins and inner lips: found on any head as two chains of edges, upper and lower, that meet at the corners."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as sparse_linalg
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from backend.cloning.eyeballs import Eyeball
from backend.cloning.landmark_map import INNER_LIP, LEFT_LID, RIGHT_LID
from backend.cloning.reference import Reference, canonical_eyes, references
from backend.geometry.operators import laplacian, triangle_normals, vertex_normals
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

ASTRAY = 0.6
"""How far from its place before the eyeball, in its radii, the correspondence may put an eye's rim."""

SHARED = 0.5
"""Upper and lower chains that share more of their vertices than this are one line: nothing to open."""

COVERED = 0.45
"""An eye whose opening is filled by more skin than this, no deeper than its rim, is modelled fused."""

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

    A rim is the cheapest chain of edges from corner to corner: cheap where the correspondence lies near the
    reference contour, where the surface turns away from the viewer or ends, and on the right side of the opening.
    """
    points = np.asarray(vertices, np.float64)
    canonical = np.asarray(canonical, np.float64)
    found = {}
    for name, eye in zip(OPENINGS, (*eyes, None), strict=True):
        moved = canonical if eye is None else _beside_eyeball(name, points, canonical, eye)
        marks = _marked(name, landmarks) if moved is canonical else None
        found[name] = _find(name, points, np.asarray(triangles), moved, marks)
    return found


def _beside_eyeball(name: str, points: np.ndarray, canonical: np.ndarray, eye: Eyeball) -> np.ndarray:
    """The correspondence (n, 3), or one made from the eyeball where it takes the eye to be elsewhere."""
    home, radius = canonical_eyes()[name]
    reference = references()[name]
    rim = np.concatenate([reference.upper, reference.lower])
    _, nearest = KDTree(canonical).query(rim)
    expected = eye.center + (rim.mean(0) - home) * (eye.radius / radius)
    if np.linalg.norm(points[nearest].mean(0) - expected) < ASTRAY * eye.radius:
        return canonical
    return home + (points - eye.center) * (radius / eye.radius)


def _find(
    name: str,
    points: np.ndarray,
    triangles: np.ndarray,
    canonical: np.ndarray,
    marks: tuple[np.ndarray, np.ndarray] | None,
) -> Contour:
    reference = references()[name]
    near = np.minimum(_distance(canonical, reference.upper), _distance(canonical, reference.lower))
    keep = triangles[(near < REACH)[triangles].all(1)]
    if len(keep) < 4:
        return _missing(name, reference.outward)
    local, faces = np.unique(keep, return_inverse=True)
    faces = faces.reshape(-1, 3)
    here, there = points[local], canonical[local]
    up = _up(reference.upper[-1] - reference.upper[0], reference.outward)
    rims = _rim_edges(here, faces, _facing(reference, up, there[faces].mean(1)))
    side = _sides(here, faces, there, reference, up)
    corners = [
        _corner(there, here, rims, side, reference.upper[at], None if marks is None else marks[0][at]) for at in (0, -1)
    ]
    if corners[0] == corners[1]:
        return _missing(name, reference.outward)
    chains = []
    for which, (line, sign) in enumerate(((reference.upper, 1.0), (reference.lower, -1.0))):
        off = _distance(there, line)
        if marks is not None:
            # lids seen closed where no pupil shows, lips seen parted: landmarks may only add evidence
            off = np.minimum(off, 0.5 * (off + _distance(here, marks[which])))
        chain = _chain(here, rims, off, sign * side, corners)
        if chain is None:
            return _missing(name, reference.outward)
        chains.append(chain)
    shared = len(np.intersect1d(chains[0], chains[1])) / min(len(chain) for chain in chains)
    upper, lower = _recut(chains[0], chains[1], here)
    width = float(np.linalg.norm(here[upper[-1]] - here[upper[0]]))
    if shared > SHARED or len(upper) < 3 or len(lower) < 3 or width < 1e-5:
        fused = Contour(name, local[chains[0]], local[chains[1]], up, reference.outward, width, 0.0, "fused")
        return fused if width >= 1e-5 else _missing(name, reference.outward)
    up = _up(here[upper[-1]] - here[upper[0]], reference.outward)
    opening = float(height_gap(here[upper], here[lower], up, reference.outward).max())
    state = "open" if opening > CLOSED * width else "closed"
    if name != "mouth" and (state == "closed" or _covered(here, faces, upper, lower, up, reference.outward) > COVERED):
        state = "fused"
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


def _missing(name: str, outward: np.ndarray) -> Contour:
    empty = np.zeros(0, np.int32)
    return Contour(name, empty, empty, np.array([0.0, 1.0, 0.0]), outward, 0.0, 0.0, "missing")


def _up(along: np.ndarray, outward: np.ndarray) -> np.ndarray:
    up = np.cross(outward, along)
    return up / max(float(np.linalg.norm(up)), 1e-12)


def _distance(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    return KDTree(line).query(points)[0]


def _marked(name: str, landmarks: np.ndarray | None) -> tuple[np.ndarray, np.ndarray] | None:
    """The landmarks' own polylines of an opening, where all of them were seen."""
    if landmarks is None:
        return None
    upper, lower = (np.asarray(landmarks, np.float64)[list(numbers)] for numbers in LANDMARKS[name])
    if not (np.isfinite(upper).all() and np.isfinite(lower).all()):
        return None
    return dense(upper), dense(lower)


@dataclass(frozen=True)
class _Edges:
    """Edges (e, 2) of a piece of surface and how much each looks like a rim (e,), 0 to 1."""

    ends: np.ndarray
    evidence: np.ndarray


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


def _rim_edges(points: np.ndarray, faces: np.ndarray, outward: np.ndarray) -> _Edges:
    """An edge is a rim where one of its triangles looks outward and the other does not or is not there; a sharp fold
    is half of one. outward: (t, 3), the direction that counts for each triangle."""
    normals = triangle_normals(points, faces)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    pairs = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    owner = np.tile(np.arange(len(faces)), 3)
    ends, inverse, count = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(inverse.ravel(), kind="stable")
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    first = owner[order[start]]
    second = owner[order[start + np.minimum(count - 1, 1)]]
    front = (normals * outward).sum(1) > 0
    rim = np.where(count == 1, front[first], front[first] != front[second])
    turn = np.arccos(np.clip((normals[first] * normals[second]).sum(1), -1, 1))
    return _Edges(ends, np.where(rim, 1.0, 0.5 * np.clip(turn / np.radians(60), 0, 1)))


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
    rims: _Edges,
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
    points: np.ndarray, rims: _Edges, off: np.ndarray, side: np.ndarray, corners: list[int]
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


def _covered(
    points: np.ndarray, faces: np.ndarray, upper: np.ndarray, lower: np.ndarray, up: np.ndarray, outward: np.ndarray
) -> float:
    """The share of the opening, seen from the front, behind which lies skin less than a tenth of its width deeper
    than the rim."""
    along = np.cross(up, outward)
    loop = points[np.concatenate([upper, lower[-2:0:-1]])]
    flat = np.stack([loop @ along, loop @ up], axis=1)
    following = np.roll(flat, -1, axis=0)
    polygon = 0.5 * abs(np.sum(flat[:, 0] * following[:, 1] - flat[:, 1] * following[:, 0]))
    normals = triangle_normals(points, faces)
    middle = points[faces].mean(1)
    x, y = middle @ along, middle @ up
    crosses = (flat[:, 1] > y[:, None]) != (following[:, 1] > y[:, None])
    rise = np.where(np.abs(following - flat)[:, 1] > 1e-15, (following - flat)[:, 1], 1e-15)
    left = x[:, None] < flat[:, 0] + (y[:, None] - flat[:, 1]) / rise * (following - flat)[:, 0]
    inside = (crosses & left).sum(1) % 2 == 1
    # the rim of an eye is no plane: its depth where the triangle lies is that of the nearest rim points
    rim = KDTree(flat)
    depth = (loop @ outward)[rim.query(np.stack([x, y], axis=1), k=1)[1]]
    width = float(np.linalg.norm(loop[len(upper) - 1] - loop[0]))
    shallow = inside & (middle @ outward > depth - 0.1 * width) & (normals @ outward > 0)
    return float(0.5 * (normals[shallow] @ outward).sum() / max(polygon, 1e-15))
