"""The margins of the lids: the cheapest closed chain of edges around an eye."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.ndimage import label as connected
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from backend.cloning.eyeballs import Eyeball
from backend.cloning.reference import Reference, canonical_eyes, references
from backend.cloning.rim import CLOSED, Contour, missing, rim_edges, upwards
from backend.geometry.polyline import height_gap
from backend.imaging.radial import radial_surface, view_frame

ASTRAY = 0.6
"""How far from its place before the eyeball, in its radii, correspondence and landmarks may put an eye's rim."""

ROUND = 0.3
"""A fitted eyeball that is off by more than this share of its radius is a painted disc: no sphere to lie on."""

NEAR = {True: (0.7, 1.6), False: (0.5, 1.9)}
"""How far from the centre a rim may lie, in radii: of an eyeball that is there, and of one that is guessed."""

WIDE = np.radians(110.0)
"""How far from the axis of the eye a rim may lie."""

SLENDER = 3.0
"""Most by which the eye is unrolled as if it were as high as wide."""

BLUR = 0.003
"""The error of correspondence and of landmarks that is normal, metres."""

REACH = 0.014
"""Metres on the canonical head within which most meshes have a vertex for every point of a rim."""

SNUG = 0.15
"""The distance between lids and eyeball that is normal, in radii."""

COVERS, PIXELS = 0.9, 96
"""Skin further out than this many radii covers an eyeball; the picture in which that is looked at."""

STEPS = 0.5
"""A rim is a real one where at least this share of it has nothing, or a wall, on its inner side."""

SHUT = 0.1
"""Lids whose landmarks lie closer than this, as a share of the eye's width, are shut."""


@dataclass(frozen=True)
class _Seat:
    """Where an eye is. center, radius: of the eyeball, or of a guessed one. frame: (3, 3), rows right, up and the axis
    along which the eye looks. snug: whether lids lie on it. aspect: how much wider than high the opening should be."""

    center: np.ndarray
    radius: float
    frame: np.ndarray
    snug: bool
    aspect: float


def find_eye_rim(
    name: str,
    points: np.ndarray,
    triangles: np.ndarray,
    canonical: np.ndarray,
    marks: tuple[np.ndarray, np.ndarray] | None,
    eye: Eyeball | None,
) -> Contour:
    """The rim of one eye; arguments as in find_contours, marks: the landmarks' upper and lower polylines.

    Around the eye's axis the surface is unrolled into log-polar coordinates, in which the chain of edges that winds
    around the axis once is shortest where the edges look like rims and lie where correspondence, landmarks and eyeball
    expect them.
    """
    reference = references()[name]
    line = np.concatenate([reference.upper, reference.lower])
    mapped = points[_nearest(canonical, line)]
    if eye is not None:
        home, size = canonical_eyes()[name]
        expected = eye.center + (line.mean(0) - home) * (eye.radius / size)
        far = ASTRAY * eye.radius
        mapped_fits = bool(np.linalg.norm(mapped.mean(0) - expected) < far)
        if marks is not None and np.linalg.norm(np.concatenate(marks).mean(0) - expected) > far:
            marks = None
    else:
        mapped_fits = True
    seat = _seat(reference, points, triangles, mapped, marks, eye)
    ray = (points - seat.center) @ seat.frame.T
    away = np.linalg.norm(ray, axis=1)
    angle = np.arccos(np.clip(ray[:, 2] / np.maximum(away, 1e-12), -1, 1))
    low, high = NEAR[seat.snug]
    kept = (away > low * seat.radius) & (away < high * seat.radius) & (angle < WIDE)
    faces = triangles[kept[triangles].all(1)]
    if len(faces) < 4:
        return missing(name, reference.outward)
    local, faces = np.unique(faces, return_inverse=True)
    faces = faces.reshape(-1, 3)
    here = points[local]
    middle = here[faces].mean(1) - seat.center
    edges = rim_edges(here, faces, middle / np.maximum(np.linalg.norm(middle, axis=1, keepdims=True), 1e-12))
    there = canonical[local] if mapped_fits else None
    blurred = _off(here, there, edges.ends, line, marks, seat, BLUR if eye is None else max(BLUR, 0.3 * seat.radius))
    radius, turn = _unrolled(ray[local], seat.aspect)
    loop = _loop(radius, turn, edges.ends, edges.evidence, blurred)
    if loop is None or len(loop) < 6:
        return missing(name, reference.outward)
    upper, lower = _split(here, loop, seat, marks)
    width = float(np.linalg.norm(here[upper[-1]] - here[upper[0]]))
    if len(upper) < 3 or len(lower) < 3 or width < 1e-5:
        return missing(name, reference.outward)
    up = upwards(here[upper[-1]] - here[upper[0]], reference.outward)
    opening = max(float(height_gap(here[upper], here[lower], up, reference.outward).max()), 0.0)
    state = "open"
    if opening < CLOSED * width or (marks is not None and _height(*marks) < SHUT):
        state = "closed"
    elif _steps(here, loop, edges.ends, edges.evidence) < STEPS:
        state = "fused"
    numbers = [local[chain].astype(np.int32) for chain in (upper, lower)]
    return Contour(name, numbers[0], numbers[1], up, reference.outward, width, opening, state)


def _nearest(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(p,) which of the points (n, 3) is the nearest to each of the places (p, 3). Most meshes have it in reach, which
    saves a tree over all of them."""
    near = np.flatnonzero(((points >= places.min(0) - REACH) & (points <= places.max(0) + REACH)).all(1))
    if len(near):
        distance, nearest = KDTree(points[near]).query(places)
        if np.max(distance) <= REACH:
            return near[nearest]
    return np.asarray(KDTree(points).query(places)[1])


def _seat(
    reference: Reference,
    points: np.ndarray,
    triangles: np.ndarray,
    mapped: np.ndarray,
    marks: tuple[np.ndarray, np.ndarray] | None,
    eye: Eyeball | None,
) -> _Seat:
    rim = mapped if marks is None else np.concatenate(marks)
    axis = reference.outward
    if eye is not None and eye.residual < ROUND:
        if marks is None:
            near = np.linalg.norm(points - eye.center, axis=1) < 5 * eye.radius
            axis = _uncovered(points, triangles[near[triangles].all(1)], eye, axis)
        else:
            axis = rim.mean(0) - eye.center
            axis /= np.linalg.norm(axis)
    frame = view_frame(axis)
    size = np.ptp(rim @ frame[:2].T, axis=0)
    aspect = float(np.clip(size[0] / max(size[1], 1e-9), 1.0, SLENDER if marks is not None else np.sqrt(SLENDER)))
    if eye is not None:
        return _Seat(eye.center, eye.radius, frame, eye.residual < ROUND, aspect)
    radius = 0.55 * float(size[0])
    return _Seat(rim.mean(0) - radius * axis, radius, frame, False, aspect)


def _uncovered(points: np.ndarray, triangles: np.ndarray, eye: Eyeball, axis: np.ndarray) -> np.ndarray:
    """The middle (3,) of the connected directions around an axis in which no skin lies over the eyeball."""
    skin = radial_surface(points, triangles, eye.center, axis, PIXELS)
    bare = ~(skin.grid_reach() > COVERS * eye.radius)
    if not bare.any():
        return axis
    patches = np.zeros(bare.shape, int)
    connected(bare, output=patches)
    row, column = np.argwhere(bare)[np.square(np.argwhere(bare) - (PIXELS - 1) / 2).sum(1).argmin()]
    rays = skin.grid_rays()[patches == patches[row, column]]
    # a pixel of the gnomonic plane is seen under a solid angle that falls with the cube of its cosine
    mean = (rays * (rays @ axis)[:, None] ** 3).sum(0)
    return mean / np.linalg.norm(mean)


def _off(
    points: np.ndarray,
    canonical: np.ndarray | None,
    ends: np.ndarray,
    line: np.ndarray,
    marks: tuple[np.ndarray, np.ndarray] | None,
    seat: _Seat,
    blur: float,
) -> np.ndarray:
    """(e,) how far edges (e, 2) lie from where a rim is expected, in normal errors: the root mean square over all that
    tells of it. An edge is as far off as the worse of its middle and the mean of its ends."""

    def edgewise(values: np.ndarray, middle: np.ndarray) -> np.ndarray:
        return np.maximum(0.5 * (values[ends[:, 0]] + values[ends[:, 1]]), middle)

    told = []
    if canonical is not None:
        tree = KDTree(line)
        middle = tree.query(canonical[ends].mean(1))[0]
        told.append(edgewise(tree.query(canonical)[0], middle) / blur)
    if marks is not None:
        tree = KDTree(np.concatenate(marks))
        told.append(edgewise(tree.query(points)[0], tree.query(points[ends].mean(1))[0]) / BLUR)
    if seat.snug:
        away = np.abs(np.linalg.norm(points - seat.center, axis=1) / seat.radius - 1)
        told.append(0.5 * away[ends].sum(1) / SNUG)
    return np.sqrt(np.mean(np.square(told), axis=0)) if told else np.zeros(len(ends))


def _unrolled(ray: np.ndarray, aspect: float) -> tuple[np.ndarray, np.ndarray]:
    """Log-polar coordinates (n,), (n,) of rays (n, 3) in the frame of the seat: the plane of the stereographic
    projection, pressed together sideways so that an opening of the expected aspect becomes round."""
    plane = ray[:, :2] / np.maximum(np.linalg.norm(ray, axis=1) + ray[:, 2], 1e-12)[:, None]
    plane = plane / [aspect, 1.0]
    return np.log(np.maximum(np.linalg.norm(plane, axis=1), 0.02)), np.arctan2(plane[:, 1], plane[:, 0])


def _loop(
    radius: np.ndarray, turn: np.ndarray, ends: np.ndarray, evidence: np.ndarray, off: np.ndarray
) -> np.ndarray | None:
    """The vertices of the cheapest closed chain that winds around the axis once; None where there is none.

    radius: (n,) logarithmic; turn: (n,) radians; ends: (e, 2); evidence, off: (e,). A chain on two sheets that
    meet along a cut, from a vertex on the first to the same on the second. The vertex is found by a chain that need
    not close.
    """
    a, b = ends.T
    step = turn[b] - turn[a]
    crossing = np.rint(step / (2 * np.pi)).astype(int)  # -1: a to b runs forward over the cut, 1: backward
    length = np.hypot(step - 2 * np.pi * crossing, radius[b] - radius[a])
    astray = 0.15 + 0.1 * off**2 + np.maximum(off - 1.0, 0.0) ** 2
    cost = length * astray * (1 + 6 * (1 - evidence)) + 1e-9
    n = len(radius)
    begin, finish, weight = [], [], []
    for one, other, over in ((a, b, -crossing), (b, a, crossing)):
        for sheet in (0, 1):
            to = sheet + over
            on = (to >= 0) & (to <= 1)
            begin.append(one[on] + sheet * n)
            finish.append(other[on] + to[on] * n)
            weight.append(cost[on])
    graph = sparse.csr_array(
        (np.concatenate(weight), (np.concatenate(begin), np.concatenate(finish))), shape=(2 * n, 2 * n)
    )
    cut = np.unique(np.where(crossing == -1, b, a)[crossing != 0])
    if len(cut) == 0:
        return None
    total, before, _ = dijkstra(graph, indices=cut, return_predecessors=True, min_only=True)
    last = cut[np.argmin(total[cut + n])] + n
    if not np.isfinite(total[last]):
        return None
    chain = _trace(before, int(last))
    middle = int(chain[len(chain) // 2] % n)
    total, before = dijkstra(graph, indices=middle, return_predecessors=True)
    if not np.isfinite(total[middle + n]):
        return None
    return _simple(_trace(before, middle + n)[1:] % n, turn)


def _simple(loop: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """A loop without the ears where it meets itself: of the two loops that part there, the one that winds around."""
    values, count = np.unique(loop, return_counts=True)
    while (count > 1).any():
        first, last = np.flatnonzero(loop == values[count.argmax()])[:2]
        ear = loop[first:last]
        step = np.diff(turn[np.append(ear, ear[0])])
        winds = np.rint(step / (2 * np.pi)).sum() != 0
        loop = ear if winds else np.concatenate([loop[:first], loop[last:]])
        values, count = np.unique(loop, return_counts=True)
    return loop


def _trace(before: np.ndarray, last: int) -> np.ndarray:
    chain = [last]
    while before[chain[-1]] >= 0:
        chain.append(int(before[chain[-1]]))
    return np.array(chain[::-1])


def _split(
    points: np.ndarray, loop: np.ndarray, seat: _Seat, marks: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """The upper and the lower half of a loop, from right to left. Corners are where landmarks see them; else at the
    ends of the loop's long axis, as long as that is closer to level than to upright; of a round loop at its sides."""
    flat = (points[loop] - seat.center) @ seat.frame[:2].T
    if marks is not None:
        ends = (np.stack([marks[0][0], marks[0][-1]]) - seat.center) @ seat.frame[:2].T
        along = ends[1] - ends[0]
    else:
        spread = flat - flat.mean(0)
        _, size, axes = np.linalg.svd(spread, full_matrices=False)
        along = axes[0] * np.sign(axes[0, 0] or 1.0) if size[0] > 1.25 * size[1] else np.array([1.0, 0.0])
        if abs(along[1]) > abs(along[0]):
            along = np.array([1.0, 0.0])
    place = flat @ along
    first, last = int(place.argmin()), int(place.argmax())
    loop = np.roll(loop, -first)
    last = (last - first) % len(loop)
    one, other = loop[: last + 1], np.concatenate([loop[last:], loop[:1]])[::-1]
    across = np.array([-along[1], along[0]])
    height = [float(((points[half] - seat.center) @ seat.frame[:2].T @ across).mean()) for half in (one, other)]
    return (one, other) if height[0] > height[1] else (other, one)


def _height(upper: np.ndarray, lower: np.ndarray) -> float:
    """How far two polylines lie apart at most, as a share of the distance of their ends."""
    width = float(np.linalg.norm(upper[-1] - upper[0]))
    return float(KDTree(lower).query(upper)[0].max()) / max(width, 1e-9)


def _steps(points: np.ndarray, loop: np.ndarray, ends: np.ndarray, evidence: np.ndarray) -> float:
    """The share of a loop's length that is an outright rim."""
    following = np.roll(loop, -1)
    known = {(int(a), int(b)): float(sign) for (a, b), sign in zip(ends, evidence, strict=True)}
    length = np.linalg.norm(points[loop] - points[following], axis=1)
    real = [known[min(a, b), max(a, b)] == 1.0 for a, b in zip(loop.tolist(), following.tolist(), strict=True)]
    return float(length[real].sum() / max(length.sum(), 1e-12))
