"""An eye among its lids: what they lie on, what moves with them, and how close they keep to it."""

from dataclasses import dataclass, replace

import numpy as np

from backend.cloning.eyeballs import Eyeball
from backend.cloning.rim import Contour, behind_rim
from backend.cloning.stand_in import behind_lids
from backend.geometry.surface_distance import surface_distance
from backend.imaging.radial import RadialSurface, radial_surface, sphere_surface

CLEARANCE = 0.0008
"""Most distance that lids keep from the eye, metres; less where they lie closer in the neutral."""

THICKNESS = 0.1
"""How deep behind the margin, in widths of the eye, skin still moves with the lids: their inner walls."""

FULL = 0.6
"""Skin behind the margins that is further out than this many radii is the eye; an empty socket lies deeper."""

PIXELS = 256
"""Resolution at which the surface of an eye is looked up."""


@dataclass(frozen=True)
class Site:
    """An eye among its lids. center: (3,), radius. surface: what the lids lie on, None where there is nothing. hold:
    (n,) how much a vertex takes part in motion: where the eye is one piece with the lids, less behind the margins and
    nothing on the eye. lids: (t, 3) the triangles that are kept off the surface. walls: (w,) vertices behind the
    margins, which lie on it."""

    center: np.ndarray
    radius: float
    surface: RadialSurface | None
    hold: np.ndarray
    lids: np.ndarray
    walls: np.ndarray
    clearance: float


def eye_site(
    points: np.ndarray,
    triangles: np.ndarray,
    contour: Contour,
    eye: Eyeball | None,
    ball: tuple[np.ndarray, np.ndarray] | None,
    stand_in: bool = True,
) -> Site:
    """The site of one eye: points (n, 3), triangles (t, 3) of the skin; ball: vertices and triangles of the shells of
    the eye, where there are any. stand_in: whether lids around nothing lie on the eyeball that they are made for."""
    hold = np.ones(len(points))
    rim, behind = points[contour.loop], behind_rim(points, triangles, contour)
    known = eye is not None
    if eye is None:
        eye = behind_lids(contour.name, rim, contour.width) if len(rim) else Eyeball(np.zeros(3), 0.0)
    center, radius = eye.center, eye.radius
    axis = rim.mean(0) - center if len(rim) else contour.outward
    axis = axis / np.linalg.norm(axis)
    filled = ball is None and _fills(points, triangles[behind], rim, center, radius, axis)
    if filled:
        inner = np.setdiff1d(triangles[behind], contour.loop)
        depth = THICKNESS * contour.width
        distance = surface_distance(points, triangles, contour.loop, depth)
        hold[inner] = np.clip(1 - distance[inner] / depth, 0.0, 1.0)
    away = np.linalg.norm(points - center, axis=1)
    near = (away < 1.9 * radius) & ((points - center) @ contour.outward > -0.3 * radius)
    lids = triangles[~behind & near[triangles].any(1)]
    still = behind & (hold[triangles] == 0).all(1) & near[triangles].all(1)
    walls = np.setdiff1d(triangles[behind & near[triangles].any(1)], contour.loop)
    surface = _surface(
        points, triangles[still], ball, eye if known or (stand_in and not filled) else None, center, axis
    )
    site = Site(center, radius, surface, hold, lids, walls, CLEARANCE)
    if surface is None or not len(rim):
        return site
    height = np.linalg.norm(rim - center, axis=1) - surface.reach(rim)
    usual = float(np.nanmedian(height)) if np.isfinite(height).any() else CLEARANCE
    return replace(site, clearance=float(np.clip(usual, 0.1 * CLEARANCE, CLEARANCE)))


def _fills(
    points: np.ndarray, sheet: np.ndarray, rim: np.ndarray, center: np.ndarray, radius: float, axis: np.ndarray
) -> bool:
    """Whether skin behind the margins is the eye itself, and not the inner walls of an open socket."""
    if len(sheet) == 0 or len(rim) == 0:
        return False
    middle = rim.mean(0)
    seen = radial_surface(points, sheet, center, axis, PIXELS).reach(middle + 0.5 * (rim - middle))
    return bool((np.nan_to_num(seen) > FULL * radius).mean() > 0.5)


def _surface(
    points: np.ndarray,
    sheet: np.ndarray,
    ball: tuple[np.ndarray, np.ndarray] | None,
    eye: Eyeball | None,
    center: np.ndarray,
    axis: np.ndarray,
) -> RadialSurface | None:
    """What lids lie on: the shells of the eye and the skin behind the margins; the fitted sphere where shells are not
    known."""
    if ball is None and eye is not None:
        return sphere_surface(center, eye.radius, axis, PIXELS)
    if ball is not None:
        points, sheet = np.concatenate([ball[0], points]), np.concatenate([ball[1], sheet + len(ball[0])])
    return radial_surface(points, sheet, center, axis, PIXELS) if len(sheet) else None
