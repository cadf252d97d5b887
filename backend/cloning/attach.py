"""Displacements of everything that is not skin: eyes turn, the jaw carries teeth and tongue, lashes ride on lids."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from backend.cloning.parts import ROLE, Parts
from backend.cloning.reference import references
from backend.geometry.closest import closest_points
from backend.geometry.spread import edge_graph

LOOK = {"Up": ("x", -25.0), "Down": ("x", 30.0), "In": ("y", -30.0), "Out": ("y", 30.0)}
"""How far an eye turns at a full eyeLook channel: the axis, and degrees for the left eye. The reach of a relaxed human
eye; the right eye's In and Out turn the other way."""

JAW = ("jawOpen", "jawForward", "jawLeft", "jawRight")

CARRIERS = 6
"""Roots that carry one vertex of a rider, weighted by inverse squared distance."""

PATCH = 0.006
"""Radius of the skin around a root whose turning the rider takes over, metres."""


def attach(
    vertices: np.ndarray,
    triangles: np.ndarray,
    components: np.ndarray,
    parts: Parts,
    skin_vertices: np.ndarray,
    skin_triangles: np.ndarray,
    skin_deltas: np.ndarray,
    names: tuple[str, ...],
) -> np.ndarray:
    """(K, N, 3) float32: the displacements of all vertices but the skin's, which stay zero here.

    vertices: (N, 3) metres, canonical frame, of the whole character; triangles: (t, 3); components: (N,); parts: as
    find_parts gives them for these. skin_vertices (n, 3), skin_triangles, skin_deltas (K, n, 3): the finished shapes
    of the skin, in the same frame, at any resolution. names: the K channels, ICT names; tongueOut is built where the
    names have it. Eyes turn rigidly about their centres in eyeLook channels and are still in all others; lower teeth
    and tongue follow the one rigid motion that fits the jaw's skin; riders follow the skin at their roots.
    """
    points = np.asarray(vertices, np.float64)
    skin = np.asarray(skin_vertices, np.float64)
    result = np.zeros((len(names), len(points), 3), np.float32)
    _turn_eyes(points, parts, names, result)
    _follow_jaw(points, triangles, components, parts, skin, skin_deltas, names, result)
    if "tongueOut" in names:
        tongue = parts.roles == ROLE["tongue"]
        result[names.index("tongueOut"), tongue] = stretched_tongue(points[tongue])
    riders = np.flatnonzero(parts.rides)
    if len(riders) and len(skin_triangles):
        bond = _bond(points, components, riders, skin, np.asarray(skin_triangles))
        for at in range(len(names)):
            moved = np.asarray(skin_deltas[at], np.float64)
            if np.any(moved):
                result[at, riders] = _carried(bond, moved)
    return result


def look_rotation(channel: str) -> np.ndarray | None:
    """(3, 3) rotation of the eyeball for a full eyeLook channel, canonical frame; None for other channels."""
    stem, _, side = channel.rpartition("_")
    if not stem.startswith("eyeLook") or stem[7:] not in LOOK or side not in ("L", "R"):
        return None
    axis, degrees = LOOK[stem[7:]]
    mirrored = -degrees if axis == "y" and side == "R" else degrees
    return Rotation.from_euler(axis, mirrored, degrees=True).as_matrix()


def _turn_eyes(points: np.ndarray, parts: Parts, names: tuple[str, ...], result: np.ndarray) -> None:
    for at, channel in enumerate(names):
        rotation = look_rotation(channel)
        if rotation is None:
            continue
        left = channel.endswith("_L")
        eye = parts.eyes[0 if left else 1]
        if eye is not None:
            ball = parts.roles == ROLE["eye_left" if left else "eye_right"]
            ray = points[ball] - eye.center
            result[at, ball] = ray @ rotation.T - ray


def rigid_motion(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rotation (3, 3) and translation (3,) that bring source (p, 3) nearest to target (p, 3) (Kabsch 1976)."""
    share = (weights / weights.sum())[:, None]
    a, b = (share * source).sum(0), (share * target).sum(0)
    u, _, v = np.linalg.svd((share * (source - a)).T @ (target - b))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(v.T @ u.T)) or 1.0])
    rotation = v.T @ flip @ u.T
    return rotation, b - rotation @ a


def _follow_jaw(
    points: np.ndarray,
    triangles: np.ndarray,
    components: np.ndarray,
    parts: Parts,
    skin: np.ndarray,
    deltas: np.ndarray,
    names: tuple[str, ...],
    result: np.ndarray,
) -> None:
    carried = np.isin(parts.roles, (ROLE["teeth_lower"], ROLE["tongue"]))
    if not carried.any() or "jawOpen" not in names:
        return
    amount = _jaw_share(points, triangles, components, parts.roles, carried)
    follows = amount > 0
    weights = _jaw_skin(skin, np.asarray(deltas[names.index("jawOpen")], np.float64))
    if weights is None:
        return
    for channel in JAW:
        if channel not in names:
            continue
        at = names.index(channel)
        moved = skin + deltas[at]
        rotation, translation = rigid_motion(skin, moved, weights)
        change = points[follows] @ rotation.T + translation - points[follows]
        result[at, follows] = amount[follows, None] * change


def _jaw_skin(skin: np.ndarray, opened: np.ndarray) -> np.ndarray | None:
    """(n,) how much each skin vertex tells of the jaw bone: those from the lower lip to the chin that jawOpen moves
    most. There the skin hangs on the teeth; further down it slides over the bone. None where jawOpen moves nothing
    there."""
    lip = float(references()["mouth"].lower[:, 1].min())
    travel = np.linalg.norm(opened, axis=1)
    chin = (skin[:, 1] < lip) & (skin[:, 1] > lip - 0.035) & (skin[:, 2] > 0.06) & (np.abs(skin[:, 0]) < 0.02)
    largest = float(travel[chin].max(initial=0.0))
    weights = np.where(chin & (travel > 0.88 * largest), travel, 0.0)
    return weights if largest > 1e-6 and (weights > 0).sum() >= 4 else None


def _jaw_share(
    points: np.ndarray, triangles: np.ndarray, components: np.ndarray, roles: np.ndarray, carried: np.ndarray
) -> np.ndarray:
    """(N,) 1 on what the jaw carries, 0 elsewhere; where upper and lower teeth are one surface the step between them
    is softened over a few edges."""
    amount = carried.astype(np.float64)
    upper = roles == ROLE["teeth_upper"]
    both = np.intersect1d(np.unique(components[carried]), np.unique(components[upper]))
    soft = np.isin(components, both) & (carried | upper)
    if not soft.any():
        return amount
    faces = np.asarray(triangles)
    graph = edge_graph(points, faces[soft[faces].all(1)])
    graph.data[:] = 1.0
    degree = np.maximum(np.asarray(graph.sum(1)).ravel(), 1.0)
    for _ in range(4):
        smooth = 0.5 * amount + 0.5 * (graph @ amount) / degree
        amount = np.where(soft & (degree > 1), smooth, amount)
    return np.where(amount < 0.02, 0.0, np.where(amount > 0.98, 1.0, amount))


def stretched_tongue(points: np.ndarray) -> np.ndarray:
    """(p, 3) tongueOut for the tongue's vertices (p, 3): its tip goes past the lips and down, its root stays."""
    if len(points) == 0:
        return np.zeros((0, 3))
    root, tip = float(points[:, 2].min()), float(points[:, 2].max())
    share = np.clip((points[:, 2] - root) / max(tip - root, 1e-6), 0, 1)
    lips = float(references()["mouth"].upper[:, 2].max())
    forward = np.clip(lips + 0.015 - tip, 0.02, 0.07)
    ease = share**2 * (3 - 2 * share)
    return np.stack([np.zeros(len(points)), -0.35 * forward * share**3, forward * ease], axis=1)


@dataclass(frozen=True)
class _Bond:
    """How riders hang on the skin.

    anchor: (r, n) sparse, barycentric weights of the skin point under each root. turn: (3r, 3n) sparse, the turning
    vector of the skin around it. place: (r, 3) that skin point. carriers: (q, c) roots of each rider vertex, with
    weights (q, c). points: (q, 3) the rider vertices.
    """

    anchor: sparse.csr_matrix
    turn: sparse.csr_matrix
    place: np.ndarray
    carriers: np.ndarray
    weights: np.ndarray
    points: np.ndarray


def _bond(points: np.ndarray, components: np.ndarray, riders: np.ndarray, skin: np.ndarray, faces: np.ndarray) -> _Bond:
    """Roots are the vertices of a rider nearest to the skin; a lash's tip hangs on its root, not on the brow that it
    comes close to."""
    triangle, barycentric, distance = closest_points(points[riders], skin, faces)
    carriers = np.zeros((len(riders), CARRIERS), np.int64)
    weights = np.zeros((len(riders), CARRIERS))
    roots: list[np.ndarray] = []
    count = 0
    for component in np.unique(components[riders]):
        own = np.flatnonzero(components[riders] == component)
        near = own[distance[own] <= max(0.0015, 1.5 * float(distance[own].min()) + 0.0005)]
        if len(near) < min(3, len(own)):
            near = own[np.argsort(distance[own], kind="stable")[: max(3, len(own) // 10)]]
        off, which = KDTree(points[riders[near]]).query(points[riders[own]], k=min(CARRIERS, len(near)))
        off, which = off.reshape(len(own), -1), which.reshape(len(own), -1)
        share = 1.0 / (off + 1e-5) ** 2
        carriers[own, : which.shape[1]] = count + which
        weights[own, : which.shape[1]] = share / share.sum(1, keepdims=True)
        roots.append(near)
        count += len(near)
    root = np.concatenate(roots)
    place = (barycentric[root][:, :, None] * skin[faces[triangle[root]]]).sum(1)
    rows = np.repeat(np.arange(len(root)), 3)
    anchor = sparse.csr_matrix(
        (barycentric[root].ravel(), (rows, faces[triangle[root]].ravel())), shape=(len(root), len(skin))
    )
    return _Bond(anchor, _turning(skin, faces, triangle[root]), place, carriers, weights, points[riders])


def _turning(skin: np.ndarray, faces: np.ndarray, triangle: np.ndarray) -> sparse.csr_matrix:
    """(3r, 3n): applied to displacements, the least-squares turning vector of the skin within PATCH, along the
    surface, of each of the r triangles."""
    graph = edge_graph(skin, faces)
    starts, which = np.unique(faces[triangle][:, 0], return_inverse=True)
    reach = max(PATCH, 1.5 * float(np.median(graph.data)))
    rows, columns, values = [], [], []
    for number, start in enumerate(starts):
        distance = dijkstra(graph, directed=False, indices=start, limit=reach)
        near = np.flatnonzero(np.isfinite(distance))
        if len(near) < 4:
            near = np.unique(np.concatenate([near, graph.indices[graph.indptr[start] : graph.indptr[start + 1]]]))
        weight = np.exp(-((np.where(np.isfinite(distance[near]), distance[near], reach) / (0.6 * reach)) ** 2))
        weight /= weight.sum()
        ray = skin[near] - weight @ skin[near]
        cross = np.zeros((len(near), 3, 3))
        cross[:, 0, 1], cross[:, 0, 2] = -ray[:, 2], ray[:, 1]
        cross[:, 1, 0], cross[:, 1, 2] = ray[:, 2], -ray[:, 0]
        cross[:, 2, 0], cross[:, 2, 1] = -ray[:, 1], ray[:, 0]
        inertia = -(weight[:, None, None] * (cross @ cross)).sum(0)
        inertia += 0.004 * np.trace(inertia) * np.eye(3) + 1e-15 * np.eye(3)
        block = np.linalg.solve(inertia, (weight[:, None, None] * cross).transpose(1, 0, 2).reshape(3, -1))
        row, column = np.divmod(np.arange(block.size), block.shape[1])
        rows.append(3 * number + row)
        columns.append(3 * near[column // 3] + column % 3)
        values.append(block.ravel())
    small = sparse.csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(3 * len(starts), 3 * len(skin)),
    )
    return small[(3 * which.ravel()[:, None] + np.arange(3)).ravel()]


def _carried(bond: _Bond, moved: np.ndarray) -> np.ndarray:
    """(q, 3) displacements of the riders for skin displacements (n, 3)."""
    shift = bond.anchor @ moved
    turn = (bond.turn @ moved.ravel()).reshape(-1, 3)
    sine = np.linalg.norm(turn, axis=1, keepdims=True)
    angle = np.arcsin(np.clip(sine, 0, 0.95))
    rotation = Rotation.from_rotvec(turn * (angle / np.maximum(sine, 1e-12))).as_matrix()
    ray = bond.points[:, None] - bond.place[bond.carriers]
    placed = np.einsum("qcij,qcj->qci", rotation[bond.carriers], ray) - ray + shift[bond.carriers]
    return (bond.weights[:, :, None] * placed).sum(1)
