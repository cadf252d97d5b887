"""Place a head by its eyeballs: two round shells of one size, side by side, as toys and cartoons have them."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from backend.cloning.reference import canonical_eyes
from backend.geometry.sphere import fit_sphere

ROUND = 0.15
"""Root mean square distance to the sphere, in radii, that an eyeball may have."""

ON = 1.2
"""How far from the middle of an eyeball its lids' middle may be, in radii."""

LEAST_VERTICES = 12
CANDIDATES = 12
"""Shells that are looked at, the largest round ones first."""

PITCHES = np.radians([-25.0, -12.0, 0.0, 12.0, 25.0])
"""Turns about the line between the eyes that are tried: eyes do not say how the face is inclined."""

CONVENTIONS = (
    (np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0])),
    (np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])),
)
"""Up and front of Blender's scenes and of most files."""


@dataclass(frozen=True)
class _Shell:
    center: np.ndarray
    radius: float


def eye_pair_placings(vertices: np.ndarray, components: np.ndarray) -> list[np.ndarray]:
    """Similarities (4, 4), canonical from mesh, that bring a pair of eyeballs of the mesh to the canonical eyes; empty
    where there is no pair. vertices: (n, 3) in any frame; components: (n,) the connected part of each vertex."""
    return [
        placing
        for first, second in _pairs(_round_shells(vertices, components))
        for placing in _placings(vertices, first.center, second.center)
    ]


def on_eyeballs(left: np.ndarray, right: np.ndarray, vertices: np.ndarray, components: np.ndarray) -> bool:
    """Whether the middles (3,) of two openings lie on the two balls of a pair of eyeballs of the mesh, all in one
    frame."""
    return any(
        all(np.linalg.norm(at - ball.center) < ON * ball.radius for at, ball in zip((left, right), balls, strict=True))
        for pair in _pairs(_round_shells(vertices, components))
        for balls in (pair, pair[::-1])
    )


def _pairs(shells: list[_Shell]) -> list[tuple[_Shell, _Shell]]:
    """Two shells of one size, as far apart as eyes are."""
    return [
        (first, second)
        for first, second in combinations(shells, 2)
        if abs(np.log(first.radius / second.radius)) < 0.1
        and 1.6 < float(np.linalg.norm(first.center - second.center)) / first.radius < 7.0
    ]


def _round_shells(vertices: np.ndarray, components: np.ndarray) -> list[_Shell]:
    shells = []
    size = float(np.ptp(vertices, axis=0).max())
    for component in range(int(components.max()) + 1):
        points = vertices[components == component].astype(np.float64)
        if len(points) < LEAST_VERTICES:
            continue
        extent = np.sort(np.ptp(points, axis=0))
        if extent[2] > 0.5 * size or extent[1] < 0.5 * extent[2]:
            continue
        center, radius, off = fit_sphere(points)
        if off < ROUND * radius and 0.5 * extent[2] < 1.3 * radius and radius < extent[2]:
            shells.append(_Shell(center, radius))
        if len(shells) == CANDIDATES:
            break
    return shells


def _placings(vertices: np.ndarray, first: np.ndarray, second: np.ndarray) -> list[np.ndarray]:
    """Both conventions of up, every pitch; the front is where the eyes are, seen from the middle of the mesh."""
    goals = [center for center, _ in canonical_eyes().values()]
    goal = 0.5 * (goals[0] + goals[1])
    middle = 0.5 * (first + second)
    across = first - second
    scale = float(np.linalg.norm(goals[0] - goals[1]) / np.linalg.norm(across))
    across /= np.linalg.norm(across)
    result = []
    for up, front in CONVENTIONS:
        upward = up - (up @ across) * across
        if np.linalg.norm(upward) < 0.9:
            continue
        upward /= np.linalg.norm(upward)
        forward = np.cross(across, upward)
        side = forward @ (middle - 0.5 * (vertices.min(0) + vertices.max(0)))
        if side < 0 or (side == 0 and forward @ front < 0):
            forward, left = -forward, -across
        else:
            left = across
        for pitch in PITCHES:
            rows = np.stack(
                [
                    left,
                    np.cos(pitch) * upward + np.sin(pitch) * forward,
                    np.cos(pitch) * forward - np.sin(pitch) * upward,
                ]
            )
            matrix = np.eye(4)
            matrix[:3, :3] = scale * rows
            matrix[:3, 3] = goal - matrix[:3, :3] @ middle
            result.append(matrix)
    return result
