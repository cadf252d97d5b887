"""Eyeballs: spheres fitted to the shells that lie where the canonical eyes are."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import Delaunay, KDTree

from backend.cloning.pieces import Piece
from backend.cloning.reference import canonical_eyes, references
from backend.geometry.sphere import fit_sphere

ASTRAY = 0.022
"""How far the centre of an eyeball may lie from the canonical one, metres."""

EYE_RADII = (0.005, 0.045)


@dataclass(frozen=True)
class Eyeball:
    """A fitted eyeball: centre (3,) and radius, metres in the frame of the vertices it was fitted to; residual, the
    root mean square distance of its vertices to the sphere as a share of the radius. bowl: the centre of the hollow
    that the eye of a drawn character may be painted into, in front of it; it slides along this. None for other eyes."""

    center: np.ndarray
    radius: float
    residual: float = 0.0
    bowl: np.ndarray | None = None


def find_eye(pieces: list[Piece], name: str, side: float) -> tuple[Eyeball | None, list[np.ndarray]]:
    """The eyeball of one side and the vertices of all its shells."""
    center, radius = canonical_eyes()[name]
    outward = references()[name].outward
    found: list[tuple[float, Eyeball, np.ndarray]] = []
    for piece in pieces:
        if piece.named not in ("", "eye") or len(piece.vertices) < 6:
            continue
        both = piece.size[0] > 0.045 and piece.low[0] < -0.01 < 0.01 < piece.low[0] + piece.size[0]
        keep = piece.points[:, 0] * side > 0 if both else np.ones(len(piece.vertices), bool)
        ball = _ball(piece.points[keep], center, outward, piece.named == "eye")
        if ball is not None:
            found.append((float(np.ptp(piece.points[keep], axis=0).min()), ball, piece.vertices[keep]))
    if found:
        # the fullest shell holds the eyeball: irises are flat, corneas are caps
        _, eye, _ = max(found, key=lambda one: (one[0], len(one[2])))
    else:
        flat = [piece for piece in pieces if _painted(piece, center + radius * outward)]
        if not flat:
            return None, []
        largest = max(flat, key=lambda piece: float(piece.size.max()))
        radius = max(radius, 0.5 * float(largest.size.max()))
        eye = Eyeball(largest.middle - radius * outward, radius, 1.0, _bowl(largest.points, outward))
        found += [(0.0, eye, piece.vertices) for piece in pieces if piece is largest or _painted_on(piece, largest)]
    shells = [one[2] for one in found]
    known = np.concatenate(shells)
    for piece in pieces:
        if piece.named in ("", "eye") and not np.isin(piece.vertices[0], known) and _shell(piece, eye, outward):
            shells.append(piece.vertices)
    return eye, shells


def _ball(points: np.ndarray, center: np.ndarray, outward: np.ndarray, named: bool) -> Eyeball | None:
    """The sphere through points if they look like a shell of an eyeball near `center`."""
    if len(points) < 6:
        return None
    at, radius, off = fit_sphere(points)
    if not EYE_RADII[0] < radius < EYE_RADII[1]:
        return None
    size = np.ptp(points, axis=0)
    round_enough = min(size[0], size[1]) > (0.4 if named else 0.5) * max(size[0], size[1])
    large_enough = max(size[0], size[1]) > 0.9 * radius
    middle = 0.5 * (points.min(0) + points.max(0))
    astray = max(ASTRAY, radius)
    near = np.linalg.norm(middle - center) < astray and np.linalg.norm(at - center) < 1.5 * astray
    bulges = (middle - at) @ outward > -0.1 * radius
    if off < (0.25 if named else 0.18) * radius and round_enough and large_enough and near and bulges:
        return Eyeball(at, radius, off / radius)
    return None


def _painted(piece: Piece, place: np.ndarray) -> bool:
    """A flat disc where the pupil is: the eye of a drawn character."""
    width = float(piece.size[:2].max())
    long, broad = np.linalg.svd(piece.points[:, :2] - piece.points[:, :2].mean(0), compute_uv=False)
    return bool(
        piece.named in ("", "eye")
        and broad > 0.3 * long
        and 0.006 < width < 0.06
        and piece.size[1] > 0.5 * piece.size[0]
        and np.linalg.norm((piece.middle - place)[:2]) < 0.015
        and abs(piece.middle[2] - place[2]) < 0.02
    )


def _bowl(points: np.ndarray, outward: np.ndarray) -> np.ndarray | None:
    """The centre (3,) of the hollow that points (p, 3) line; None where they are flat or bulge."""
    at, radius, off = fit_sphere(points)
    hollow = (points.mean(0) - at) @ outward < -0.5 * radius
    return at if hollow and EYE_RADII[0] < radius < EYE_RADII[1] and off < 0.18 * radius else None


def _painted_on(piece: Piece, disc: Piece) -> bool:
    """A pupil or a highlight: a smaller piece that covers some of a painted eye."""
    if piece.named not in ("", "eye") or piece.size[:2].max() > 0.6 * disc.size[:2].max():
        return False
    covers = Delaunay(disc.points[:, :2]).find_simplex(piece.points[:, :2]) >= 0
    depth = disc.points[KDTree(disc.points[:, :2]).query(piece.points[:, :2])[1], 2]
    return bool(covers.mean() > 0.5 and np.abs(piece.points[:, 2] - depth).max() < 0.005)


def _shell(piece: Piece, eye: Eyeball, outward: np.ndarray) -> bool:
    """An iris, pupil, cornea or highlight: all of it near the sphere, and not a strip along the lids."""
    ray = piece.points - eye.center
    distance = np.linalg.norm(ray, axis=1)
    angle = np.degrees(np.arccos(np.clip(ray @ outward / np.maximum(distance, 1e-9), -1, 1)))
    compact = piece.size[1] > 0.35 * piece.size[0] or piece.size[0] < 0.5 * eye.radius
    return bool(distance.max() < 1.45 * eye.radius and angle.min() < 45 and angle.mean() < 55 and compact) and not bool(
        piece.size[0] > 1.2 * eye.radius and angle.min() > 12
    )


def hangs_on_lids(border: np.ndarray, eye: Eyeball, name: str) -> bool:
    """Whether a shell ends at the lid margins all around, as the films that some heads have over the eye do: these
    move with the lids. border: (b, 3)."""
    if len(border) < 8:
        return False
    rim = carried_rims(name, eye.center, eye.radius)
    off = KDTree(rim).query(border)[0]
    along = KDTree(border).query(rim)[0]
    return bool((off < 0.12 * eye.radius).mean() > 0.8 and (along < 0.25 * eye.radius).mean() > 0.8)


def carried_rims(name: str, center: np.ndarray, radius: float) -> np.ndarray:
    """The canonical lid margins of an eye carried to an eyeball elsewhere."""
    home, size = canonical_eyes()[name]
    reference = references()[name]
    return center + (np.concatenate([reference.upper, reference.lower]) - home) * (radius / size)
