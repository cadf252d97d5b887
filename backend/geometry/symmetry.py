"""Whether a head is the mirror image of itself, vertex by vertex."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from backend.geometry.similarity import apply_transform

ROUNDS = 20
SETTLED = 1e-7
"""A round that changes the reflection by less, metres and sines, is the last: thousandths of SAME at a head's size."""

SAME = 2e-4
"""Metres at a real head's size: vertices that mirror each other are no further apart than this."""

FEWEST = 50
"""Vertices of a face below which nothing can be said."""

PAIRED = 0.98
"""Share of the face's vertices that have a mirror image in a head that counts as symmetric: modellers leave a few that
have none."""


@dataclass(frozen=True)
class Mirror:
    """reflection: (4, 4) takes a head to its mirror image. own, other: (p,) numbers of vertices that mirror each other,
    each pair in both orders; those in the plane mirror themselves."""

    reflection: np.ndarray
    own: np.ndarray
    other: np.ndarray


def find_mirror(points: np.ndarray, face: np.ndarray) -> Mirror | None:
    """The mirror symmetry of points (n, 3), canonical frame, metres, or None where the face (m,), numbers of points, is
    not the mirror image of itself. Starts from the plane x = 0 and fits the reflection to the nearest points, so that
    an alignment that is a little off does not count as asymmetry."""
    if len(face) < FEWEST:
        return None
    reflection = np.diag([-1.0, 1.0, 1.0, 1.0])
    tree = KDTree(points)
    own = points[face]
    for _ in range(ROUNDS):
        distance, partner = map(np.asarray, tree.query(apply_transform(reflection, own)))
        kept = distance <= np.quantile(distance, 0.8)
        before, reflection = reflection, _fit_reflection(own[kept], points[partner[kept]])
        if np.abs(reflection - before).max() < SETTLED:
            break
    distance, partner = map(np.asarray, tree.query(apply_transform(reflection, points)))
    mutual = (distance < SAME) & (partner[partner] == np.arange(len(points)))
    paired = np.flatnonzero(mutual)
    return Mirror(reflection, paired, partner[paired]) if mutual[face].mean() >= PAIRED else None


def _fit_reflection(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(4, 4) the isometry of determinant -1 that takes source (p, 3) nearest to target (Kabsch 1976, sign reversed)."""
    centre, goal = source.mean(0), target.mean(0)
    left, _, right = np.linalg.svd((target - goal).T @ (source - centre))
    turn = left @ np.diag([1.0, 1.0, -np.linalg.det(left @ right)]) @ right
    result = np.eye(4)
    result[:3, :3] = turn
    result[:3, 3] = goal - turn @ centre
    return result
