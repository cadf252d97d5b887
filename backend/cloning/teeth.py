"""Lips stay in front of the teeth."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import minimum_filter

from backend.cloning.rim import Contour
from backend.geometry.spread import spread
from backend.geometry.surface_distance import surface_distance
from backend.imaging.radial import RadialSurface, radial_surface

LIPS = 0.25
"""How far from their rims skin counts as lips, in widths of the mouth."""

BEHIND = 0.003
"""Metres: lips that lie further inside a row of teeth than this in the neutral lie behind it, as they should."""

CLEARANCE = 0.0003
"""Most distance that lips are made to keep from the teeth, metres; less where they lie closer in the neutral."""

ARCH = 1.1
"""How far behind its front the middle of a row of teeth lies, in half widths of the row."""

LEVEL = np.array([1.0, 0.35, 1.0])
"""Rows of teeth are looked at with their height shrunk so much: a deep bite then fits the cone of directions, and how
far lips lie behind teeth is counted along the level, as who looks from outside sees it."""

PIXELS = 768

FINE = 0.0003
"""Metres between the points of the lips that are kept off the teeth, whose corners are sharp."""

FINEST = 16
"""Steps along an edge of lips that are not divided further."""

ROUNDS = 4
SETTLED = 3e-5
"""Metres behind the front of the teeth that are good enough."""

SHARE = 0.15
"""Furthest that lips are pushed in one round, in widths of the mouth."""

Motion = tuple[np.ndarray, np.ndarray]
"""A rotation (3, 3) and a translation (3,)."""

STILL: Motion = (np.eye(3), np.zeros(3))


@dataclass(frozen=True)
class Row:
    """A row of teeth at rest: its outermost surface seen from the middle of its arch, in space shrunk by LEVEL."""

    surface: RadialSurface

    def depth(self, points: np.ndarray, motion: Motion) -> np.ndarray:
        """(p,) how far behind the front of the row points (p, 3) lie when the row has moved; negative before it,
        -inf where no tooth lies in their direction."""
        rotation, shift = motion
        resting = (points - shift) @ rotation * LEVEL
        over = self.surface.reach(resting) - np.linalg.norm(resting - self.surface.center, axis=1)
        return np.where(np.isfinite(over), over, -np.inf)

    def outward(self, points: np.ndarray, motion: Motion) -> np.ndarray:
        """(p, 3) unit vectors that lead points (p, 3) away from the middle of the moved row."""
        rotation, shift = motion
        resting = (points - shift) @ rotation * LEVEL
        ray = (resting - self.surface.center) * LEVEL @ rotation.T
        return ray / np.maximum(np.linalg.norm(ray, axis=1, keepdims=True), 1e-9)


@dataclass(frozen=True)
class Bite:
    """Lips before teeth. upper, lower: rows of teeth, None where there are none. lips: (s, 3) triangles of the skin.
    lattice: (b, 3) barycentric coordinates of the points of each that are looked at; neutral: for each row (s, b) their
    depth in the neutral. width: of the mouth."""

    upper: Row | None
    lower: Row | None
    lips: np.ndarray
    lattice: np.ndarray
    neutral: tuple[np.ndarray, ...]
    width: float

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for row in (self.upper, self.lower) if row is not None)

    def motions(self, jaw: Motion) -> tuple[Motion, ...]:
        """The motion of each of the rows when the jaw moves so."""
        return tuple(STILL if row is self.upper else jaw for row in self.rows)

    def depths(self, points: np.ndarray, jaw: Motion) -> list[np.ndarray]:
        """For each row (s, b) the depth of the lips in it, skin points (n, 3)."""
        at = np.einsum("bc,tcd->tbd", self.lattice, points[self.lips])
        return [
            row.depth(at.reshape(-1, 3), motion).reshape(at.shape[:2])
            for row, motion in zip(self.rows, self.motions(jaw), strict=True)
        ]

    def collision(self, points: np.ndarray, jaw: Motion) -> float:
        """How much deeper than in the neutral lips are in the teeth at the worst place, in widths of the mouth."""
        deepest = 0.0
        for now, first in zip(self.depths(points, jaw), self.neutral, strict=True):
            more = np.where(first > BEHIND, -np.inf, now - np.maximum(first, 0.0))
            deepest = max(deepest, float(more.max(initial=0.0)))
        return deepest / self.width


def bite(
    points: np.ndarray, triangles: np.ndarray, contour: Contour, vertices: np.ndarray, rows: list[np.ndarray]
) -> Bite | None:
    """The lips of a skin, points (n, 3) and triangles (t, 3), before rows of teeth: [upper, lower] triangles between
    vertices (v, 3), each possibly empty. None where there are no lips or no teeth."""
    if len(contour.upper) == 0 or not any(len(row) for row in rows):
        return None
    near = np.isfinite(surface_distance(points, triangles, contour.loop, LIPS * contour.width))
    lips = triangles[near[triangles].all(1)]
    upper, lower = (_row(vertices, row) for row in rows)
    found = Bite(upper, lower, lips, _lattice(points, lips), (), contour.width)
    return replace(found, neutral=tuple(found.depths(points, STILL)))


def _lattice(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(b, 3) barycentric coordinates of points that lie FINE apart on most triangles (t, 3)."""
    edges = np.linalg.norm(points[triangles] - points[np.roll(triangles, 1, axis=1)], axis=2)
    steps = int(np.clip(np.ceil(np.quantile(edges, 0.9) / FINE), 2, FINEST)) if len(edges) else 2
    return np.array([(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]) / steps


def _row(vertices: np.ndarray, triangles: np.ndarray) -> Row | None:
    if len(triangles) == 0:
        return None
    vertices = vertices * LEVEL
    points = vertices[np.unique(triangles)]
    low, high = points.min(0), points.max(0)
    middle = 0.5 * (low + high)
    middle[2] = high[2] - ARCH * 0.5 * (high[0] - low[0])
    seen = radial_surface(vertices, triangles, middle, np.array([0.0, 0.0, 1.0]), PIXELS)
    # a pixel more, or the outline of the row would be lost between those that see it and those that do not
    wider = minimum_filter(np.where(np.isfinite(seen.inverse), seen.inverse, np.inf), size=3)
    filled = np.where(np.isfinite(seen.inverse), seen.inverse, np.where(np.isfinite(wider), wider, np.nan))
    return Row(replace(seen, inverse=filled))


def keep_off_teeth(
    points: np.ndarray, triangles: np.ndarray, delta: np.ndarray, site: Bite, jaw: Motion, free: np.ndarray
) -> np.ndarray:
    """(n, 3) the displacements whose lips lie no deeper in the teeth than those of the neutral do.

    points: (n, 3), triangles: (t, 3) of the skin; delta: (n, 3) its displacements; jaw: how the lower teeth have moved
    with it; free: (n,) bool, what may move.
    """
    for _ in range(ROUNDS):
        push = _push(points + delta, site, jaw)
        needy = np.flatnonzero(push.any(1) & free)
        if len(needy) == 0:
            break
        delta = delta + spread(points, triangles, needy, push[needy], LIPS * site.width, free)
    return delta


def _push(moved: np.ndarray, site: Bite, jaw: Motion) -> np.ndarray:
    """(n, 3) what brings each vertex of the lips, now at `moved`, before the teeth."""
    push = np.zeros_like(moved)
    for row, motion, now, first in zip(
        site.rows, site.motions(jaw), site.depths(moved, jaw), site.neutral, strict=True
    ):
        # what is sunk a little in the neutral has to come out, or it would slide into the next tooth
        allowed = np.where(first > 0, first * np.minimum(first / BEHIND, 1.0), np.maximum(first, -CLEARANCE))
        lack = np.where(first > BEHIND, 0.0, now - allowed)
        most = np.zeros(len(moved))
        np.maximum.at(most, site.lips.ravel(), np.repeat(lack.max(1, initial=0.0), 3))
        most = np.where(most > SETTLED, np.minimum(most, SHARE * site.width), 0.0)
        needy = most > np.linalg.norm(push, axis=1)
        push[needy] = most[needy, None] * row.outward(moved[needy], motion)
    return push
