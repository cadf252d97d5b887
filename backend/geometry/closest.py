"""Exact closest points on a triangle mesh."""

import numpy as np
from scipy.spatial import KDTree

CHUNK = 1 << 14
GUESSES = 3
SAMPLE = 1 << 14


def closest_points(
    points: np.ndarray, vertices: np.ndarray, triangles: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The closest point of a mesh, vertices (n, 3) and triangles (t, 3), to each of the points (p, 3).

    Returns triangle (p,) int64, barycentric (p, 3) float64 in that triangle (not negative, rows sum to one) and
    distance (p,) float64. A bounding box tree is descended for all points at once; what bounds the search is the
    exact distance to the triangles with the nearest centres. Degenerate triangles count as the segments or points
    they are. Raises ValueError for a mesh without triangles.
    """
    if len(triangles) == 0:
        raise ValueError("a mesh without triangles has no closest point")
    vertices = np.asarray(vertices, np.float64)
    points = np.asarray(points, np.float64).reshape(-1, 3)
    if len(points) == 0:
        return np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros(0)
    eligible = _in_reach(points, vertices, triangles)
    corners = vertices[triangles[eligible]]
    order, levels = _box_tree(corners)
    centres = KDTree(corners.mean(1))
    triangle = np.empty(len(points), np.int64)
    barycentric = np.empty((len(points), 3))
    distance = np.empty(len(points))
    for start in range(0, len(points), CHUNK):
        part = slice(start, start + CHUNK)
        triangle[part], barycentric[part], distance[part] = _search(points[part], corners, centres, order, levels)
    return eligible[triangle], barycentric, distance


def _in_reach(points: np.ndarray, vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(e,) ascending: the triangles that may be the closest to any of the points. Their boxes touch the points' box,
    larger by the most that any point is away from a sample of the surface; a tree over a large mesh would cost more
    than a search for a few points in it."""
    sample = vertices[triangles[:: len(triangles) // SAMPLE + 1, 0]]
    reach = float(np.max(KDTree(sample).query(points)[0])) * (1 + 1e-9)
    low, high = points.min(0) - reach, points.max(0) + reach
    margin = 1e-12 * max(np.abs(low).max(), np.abs(high).max())
    touching = np.ones(len(triangles), bool)
    for axis in range(3):
        place = vertices[:, axis][triangles]
        touching &= (place.max(1) >= low[axis] - margin) & (place.min(1) <= high[axis] + margin)
    return np.flatnonzero(touching)


def on_triangles(points: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The closest point of triangle i to point i, all (p, 3): barycentric (p, 3) and squared distance (p,).

    Inside the prism over the triangle it is the foot of the perpendicular, elsewhere the nearest of the three
    segments' closest points.
    """
    ab, ac, ap = b - a, c - a, points - a
    bb, bc, cc = _dot(ab, ab), _dot(ab, ac), _dot(ac, ac)
    pb, pc = _dot(ap, ab), _dot(ap, ac)
    area = bb * cc - bc * bc
    solid = area > 1e-14 * bb * cc
    safe = np.where(solid, area, 1.0)
    v, w = (cc * pb - bc * pc) / safe, (bb * pc - bc * pb) / safe
    barycentric = np.stack([1 - v - w, v, w], axis=1)
    outside = np.flatnonzero(~(solid & (barycentric.min(1) >= 0)))
    if len(outside):
        barycentric[outside] = _on_segments(ab[outside], ac[outside], ap[outside])
    offset = ap - barycentric[:, 1:2] * ab - barycentric[:, 2:3] * ac
    return barycentric, _dot(offset, offset)


def _on_segments(ab: np.ndarray, ac: np.ndarray, ap: np.ndarray) -> np.ndarray:
    bc = ac - ab
    s = _along(ap, ab)
    t = _along(ap, ac)
    u = _along(ap - ab, bc)
    zero = np.zeros_like(s)
    choices = np.stack([np.stack([1 - s, s, zero], 1), np.stack([1 - t, zero, t], 1), np.stack([zero, 1 - u, u], 1)])
    offset = ap - choices[..., 1:2] * ab - choices[..., 2:3] * ac
    return choices[np.einsum("kpi,kpi->kp", offset, offset).argmin(0), np.arange(len(ap))]


def _along(point: np.ndarray, segment: np.ndarray) -> np.ndarray:
    length = _dot(segment, segment)
    return np.clip(_dot(point, segment) / np.where(length > 0, length, 1.0), 0.0, 1.0)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", a, b)


def _box_tree(corners: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """A complete binary tree of boxes over triangles (t, 3, 3).

    Returns order (leaves,), the triangle of each leaf (the last triangle fills up), and per level, root first, the
    boxes (2**level, 2, 3) as lowest and highest corner. Node i has the children 2i and 2i + 1.
    """
    depth = int(np.ceil(np.log2(len(corners))))
    size = 1 << depth
    order = np.concatenate([np.arange(len(corners)), np.full(size - len(corners), len(corners) - 1)])
    centres = corners.mean(1)
    for level in range(depth):
        groups = order.reshape(1 << level, -1)
        inside = centres[groups]
        axis = np.ptp(inside, axis=1).argmax(1)
        along = np.take_along_axis(inside, axis[:, None, None], axis=2)[..., 0]
        order = np.take_along_axis(groups, np.argsort(along, axis=1, kind="stable"), axis=1).ravel()
    leaves = corners[order]
    boxes = np.stack([leaves.min(1), leaves.max(1)], axis=1)
    levels = [boxes]
    while len(boxes) > 1:
        boxes = np.stack([np.minimum(boxes[::2, 0], boxes[1::2, 0]), np.maximum(boxes[::2, 1], boxes[1::2, 1])], 1)
        levels.append(boxes)
    return order, levels[::-1]


def _search(
    points: np.ndarray, corners: np.ndarray, centres: KDTree, order: np.ndarray, levels: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    _, guess = centres.query(points, k=min(GUESSES, len(corners)))
    guess = guess.reshape(len(points), -1)
    who = np.repeat(np.arange(len(points)), guess.shape[1])
    _, squared = _pairs(points, corners, who, guess.ravel())
    bound = squared.reshape(guess.shape).min(1)
    # A little more than the bound, so that rounding cannot lose the best triangle itself.
    bound = bound * (1 + 1e-9) + 1e-24 * (np.abs(corners).max() + np.abs(points).max()) ** 2
    who, node = np.arange(len(points)), np.zeros(len(points), np.int64)
    for boxes in levels:
        box, place = boxes[node], points[who]
        gap = np.maximum(np.maximum(box[:, 0] - place, place - box[:, 1]), 0.0)
        near = _dot(gap, gap) <= bound[who]
        who, node = who[near], node[near]
        if boxes is not levels[-1]:
            who = np.repeat(who, 2)
            node = np.repeat(2 * node, 2)
            node[1::2] += 1
    candidate = order[node]
    barycentric, squared = _pairs(points, corners, who, candidate)
    return _best(who, candidate, barycentric, squared)


def _pairs(
    points: np.ndarray, corners: np.ndarray, who: np.ndarray, candidate: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    return on_triangles(points[who], corners[candidate, 0], corners[candidate, 1], corners[candidate, 2])


def _best(
    who: np.ndarray, candidate: np.ndarray, barycentric: np.ndarray, squared: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best of the pairs for each point, `who` ascending; of equals the triangle with the lowest number."""
    starts = np.flatnonzero(np.concatenate([[True], np.diff(who) > 0]))
    least = np.minimum.reduceat(squared, starts)
    worse = squared > np.repeat(least, np.diff(np.append(starts, len(who))))
    chosen = np.minimum.reduceat(np.where(worse, np.iinfo(np.int64).max, candidate), starts)
    at = np.flatnonzero(~worse & (candidate == np.repeat(chosen, np.diff(np.append(starts, len(who))))))
    at = at[np.concatenate([[True], np.diff(who[at]) > 0])]
    return candidate[at], barycentric[at], np.sqrt(squared[at])
