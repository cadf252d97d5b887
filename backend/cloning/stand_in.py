"""Eyeballs that stand in for those that a head lacks: in pictures of it, and for its lids to lie on."""

from functools import cache

import numpy as np
import trimesh

from backend.cloning.contours import LANDMARKS
from backend.cloning.eyeballs import Eyeball
from backend.cloning.reference import canonical_eyes, references
from backend.imaging.radial import radial_surface

RADIUS = 0.65
"""Of an eyeball, in widths between the corners of its lids, as artists make them: 0.64 to 0.67 on four heads for games
and films."""

SNUG = 1.1
"""How far from its middle the lids lie there, in radii."""

THERE = (0.6, 1.5)
"""Distances from the middle of an eye, in radii, at which a surface between the lids is the eye."""

FILLED = 0.5
"""Share of the directions between the lids with such a surface from which on an eye is there."""

INNER = 0.25
"""How far out, on the way from the middle of the lids to their margins, these directions are."""

PIXELS = 96


def stand_in_eyes(
    points: np.ndarray, triangles: np.ndarray, landmarks: np.ndarray
) -> tuple[Eyeball | None, Eyeball | None]:
    """A left and a right eyeball where the lids have nothing between them; None where an eye is there or no lids were
    seen.

    points: (n, 3) of everything that belongs to the head, canonical frame, metres. triangles: (t, 3). landmarks:
    (478, 3), NaN where unseen.
    """
    eyes = [_guessed(name, landmarks) for name in ("eye_left", "eye_right")]
    left, right = (None if eye is None or _is_there(points, triangles, *eye) else eye[0] for eye in eyes)
    return left, right


def balls(eyes: tuple[Eyeball | None, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The surfaces of some eyeballs: vertices (v, 3) and triangles (t, 3)."""
    vertices, triangles = _unit_ball()
    given = [eye for eye in eyes if eye is not None]
    places = [eye.center + eye.radius * vertices for eye in given]
    corners = [triangles + number * len(vertices) for number in range(len(given))]
    return np.concatenate([np.zeros((0, 3)), *places]), np.concatenate([np.zeros((0, 3), np.int32), *corners])


@cache
def _unit_ball() -> tuple[np.ndarray, np.ndarray]:
    ball = trimesh.creation.icosphere(subdivisions=3)
    return np.asarray(ball.vertices, np.float64), np.asarray(ball.faces, np.int32)


def behind_lids(name: str, lids: np.ndarray, width: float) -> Eyeball:
    """The eyeball that the lids (l, 3) of one eye are made for. width: between their corners."""
    reference = references()[name]
    outward = np.concatenate([reference.upper, reference.lower]).mean(0) - canonical_eyes()[name][0]
    outward /= np.linalg.norm(outward)
    spread = float(np.square(lids - lids.mean(0)).sum(1).mean())
    depth = np.sqrt(max((SNUG * RADIUS * width) ** 2 - spread, 0.0))
    return Eyeball(lids.mean(0) - depth * outward, RADIUS * width)


def _guessed(name: str, landmarks: np.ndarray) -> tuple[Eyeball, np.ndarray] | None:
    """The eyeball and the lids (l, 3) that it lies behind; None where they were not seen."""
    numbers = [*LANDMARKS[name][0], *LANDMARKS[name][1][1:-1]]
    lids = landmarks[numbers].astype(np.float64)
    if not np.isfinite(lids).all():
        return None
    width = float(np.linalg.norm(lids[len(LANDMARKS[name][0]) - 1] - lids[0]))
    return behind_lids(name, lids, width), lids


def _is_there(points: np.ndarray, triangles: np.ndarray, eye: Eyeball, lids: np.ndarray) -> bool:
    """Whether there is a surface between the lids where the eyeball would be."""
    axis = lids.mean(0) - eye.center
    if not axis.any():
        # Lids that are scattered wider than the eyeball have it in their midst, as on a tangle of faces.
        return False
    axis /= np.linalg.norm(axis)
    near = np.linalg.norm(points - eye.center, axis=1) < THERE[1] * eye.radius
    surface = radial_surface(points, triangles[near[triangles].all(1)], eye.center, axis, PIXELS)
    with np.errstate(invalid="ignore"):
        filled = surface.reach(lids.mean(0) + INNER * (lids - lids.mean(0))) > THERE[0] * eye.radius
    return bool(filled.mean() > FILLED)
