"""Displacements of everything that is not skin: eyes turn, the jaw carries teeth and tongue, lashes ride on lids."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from backend.cloning.parts import ROLE, Parts
from backend.cloning.reference import references
from backend.cloning.riders import bond, carry
from backend.geometry.surface_distance import surface_distance

LOOK = {"Up": ("x", -25.0), "Down": ("x", 30.0), "In": ("y", -30.0), "Out": ("y", 30.0)}
"""How far an eye turns at a full eyeLook channel: the axis, and degrees for the left eye. The reach of a relaxed human
eye; the right eye's In and Out turn the other way."""

MOVING = ("eye_left", "eye_right", "teeth_upper", "teeth_lower", "tongue")
"""Roles that move by themselves. Of upper teeth only those that are one surface with the lower ones."""

JAW = ("jawOpen", "jawForward", "jawLeft", "jawRight")

LINING = 0.005
"""Metres on either side of the step between upper and lower teeth, where they are one surface, over which it is soft:
the lining of the cheeks."""


@dataclass(frozen=True)
class Attached:
    """numbers: (q,) of the vertices that may move and are no skin, ascending. deltas: (K, q, 3) float32."""

    numbers: np.ndarray
    deltas: np.ndarray


def attach(
    vertices: np.ndarray,
    triangles: np.ndarray,
    components: np.ndarray,
    parts: Parts,
    skin_vertices: np.ndarray,
    skin_triangles: np.ndarray,
    skin_deltas: np.ndarray,
    names: tuple[str, ...],
) -> Attached:
    """The displacements of all that moves but the skin.

    vertices: (N, 3) metres, canonical frame, of the whole character; triangles: (t, 3); components: (N,); parts: as
    find_parts gives them for these. skin_vertices (n, 3), skin_triangles, skin_deltas (K, n, 3): the finished shapes
    of the skin, in the same frame, at any resolution. names: the K channels, ICT names; tongueOut is built where the
    names have it. Eyes turn rigidly about their centres in eyeLook channels and are still in all others; lower teeth
    and tongue follow the one rigid motion that fits the jaw's skin; riders follow the skin at their roots.
    """
    numbers = np.flatnonzero(parts.rides | np.isin(parts.roles, [ROLE[name] for name in MOVING]))
    points, components = np.asarray(vertices, np.float64)[numbers], components[numbers]
    own = np.zeros(len(vertices), bool)
    own[numbers] = True
    triangles = np.searchsorted(numbers, triangles[own[triangles].all(1)])
    parts = Parts(parts.roles[numbers], parts.rides[numbers], parts.eyes)
    skin = np.asarray(skin_vertices, np.float64)
    result = np.zeros((len(names), len(points), 3), np.float32)
    _turn_eyes(points, parts, names, result)
    _follow_jaw(points, triangles, parts, skin, skin_deltas, names, result)
    if "tongueOut" in names:
        tongue = parts.roles == ROLE["tongue"]
        result[names.index("tongueOut"), tongue] = stretched_tongue(points[tongue])
    riders = np.flatnonzero(parts.rides)
    if len(riders) and len(skin_triangles):
        hold = bond(points[riders], components[riders], parts.roles[riders] == ROLE["lashes"], skin, skin_triangles)
        for at, moved in enumerate(skin_deltas):
            result[at, riders] = carry(hold, moved)
    return Attached(numbers, result)


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
            # what lines a bowl looks up by sliding up, which is the opposite turn about a centre in front of it
            center, turn = (eye.center, rotation) if eye.bowl is None else (eye.bowl, rotation.T)
            ray = points[ball] - center
            result[at, ball] = ray @ turn.T - ray


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
    parts: Parts,
    skin: np.ndarray,
    deltas: np.ndarray,
    names: tuple[str, ...],
    result: np.ndarray,
) -> None:
    carried = np.isin(parts.roles, (ROLE["teeth_lower"], ROLE["tongue"]))
    if not carried.any() or "jawOpen" not in names:
        return
    amount = _jaw_share(points, triangles, parts.roles, carried)
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


def _jaw_share(points: np.ndarray, triangles: np.ndarray, roles: np.ndarray, carried: np.ndarray) -> np.ndarray:
    """(N,) 1 on what the jaw carries, 0 elsewhere; where upper and lower teeth are one surface the step between them
    is softened over LINING to both sides, so that gums stay as rigid as the teeth that stand in them."""
    amount = carried.astype(np.float64)
    seam = joint(triangles, roles)
    away = surface_distance(points, triangles, seam, LINING) / LINING
    soft = np.isfinite(away) & (carried | (roles == ROLE["teeth_upper"]))
    amount[soft] = 0.5 + (carried[soft] - 0.5) * away[soft]
    return amount


def joint(triangles: np.ndarray, roles: np.ndarray) -> np.ndarray:
    """Vertices (j,) on both sides of the step where upper and lower teeth, roles (N,) into PARTS, are one surface."""
    upper = (roles == ROLE["teeth_upper"])[triangles]
    lower = np.isin(roles, (ROLE["teeth_lower"], ROLE["tongue"]))[triangles]
    across = triangles[upper.any(1) & lower.any(1)]
    return np.unique(across)


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
