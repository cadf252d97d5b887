"""How the canonical head is stretched locally to become this head, and shapes carried along with it."""

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

NEIGHBOURS = 48
REACH = 0.015
"""Canonical metres over which the stretch is measured."""

RIGID_PULL = 0.3
"""How strongly the stretch is held at a uniform scale, as a share of the neighbourhood's spread: across a thin patch of
surface nothing else determines it."""

LIMITS = (0.3, 3.0)
SAMPLES = 3000

GAIN = 0.6
"""Exponent of what goes beyond: an artist's wide mouth smiles wider than a person's, but not by as much as it is
wider."""

SAME_SIZE, SAME_TURN = 0.15, 0.2
"""Log scale and radians up to which a stretch is taken for none: between people, artists' shapes differ less than the
features do, and what is measured of small stretches is half noise."""


def local_stretch(canonical: np.ndarray, vertices: np.ndarray, face: np.ndarray) -> np.ndarray:
    """(n, 3, 3): for every vertex the linear map that takes small steps on the canonical head to steps on this head.

    canonical, vertices: (n, 3), the same points on both heads, both in the canonical frame. face: (n,) 0..1, which
    vertices' canonical positions count. A weighted least-squares fit over the neighbourhood on the canonical head,
    pulled towards the face's own uniform scale; scales within LIMITS, small differences left out. This is what makes
    motion scale with features: a mouth twice as wide smiles farther (deformation transfer, Sumner and
    Popovic 2004, without mesh correspondence).
    """
    result = np.tile(np.eye(3), (len(vertices), 1, 1))
    counted = np.flatnonzero(face > 0.5)
    if len(counted) < NEIGHBOURS:
        return result
    step = max(1, len(counted) // SAMPLES)
    sample = counted[::step]
    moving = np.flatnonzero(face > 0)
    _, near = KDTree(canonical[sample]).query(canonical[moving], k=NEIGHBOURS)
    ray = canonical[sample][near] - canonical[moving][:, None]
    goal = vertices[sample][near] - vertices[moving][:, None]
    weight = np.exp(-0.5 * (ray**2).sum(2) / REACH**2) + 1e-6
    # the offsets of both clouds, not of the vertex itself, so that one noisy vertex does not tilt its own map
    weight /= weight.sum(1, keepdims=True)
    ray = ray - np.einsum("nk,nki->ni", weight, ray)[:, None]
    goal = goal - np.einsum("nk,nki->ni", weight, goal)[:, None]
    spread = np.einsum("nk,nki,nkj->nij", weight, ray, ray)
    cross = np.einsum("nk,nki,nkj->nij", weight, goal, ray)
    size = np.trace(spread, axis1=1, axis2=2)
    uniform = np.sqrt(np.einsum("nk,nki,nki->n", weight, goal, goal) / np.maximum(size, 1e-18))
    hold = RIGID_PULL * size[:, None, None] / 3 * np.eye(3)
    stretch = (cross + uniform[:, None, None] * hold) @ np.linalg.inv(spread + hold + 1e-18 * np.eye(3))
    result[moving] = _marked(stretch)
    return result


def _marked(stretch: np.ndarray) -> np.ndarray:
    """(n, 3, 3) maps, as a rotation after a symmetric stretch, with scales and turns less by SAME_SIZE and SAME_TURN;
    what is smaller becomes the identity."""
    left, values, right = np.linalg.svd(stretch)
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]
    size = np.log(np.clip(values, *LIMITS))
    size = GAIN * np.sign(size) * np.maximum(np.abs(size) - SAME_SIZE, 0.0)
    turn = Rotation.from_matrix(left @ right).as_rotvec()
    angle = np.linalg.norm(turn, axis=1, keepdims=True)
    turn *= np.maximum(angle - SAME_TURN, 0.0) / np.maximum(angle, 1e-9)
    symmetric = (right.transpose(0, 2, 1) * np.exp(size)[:, None]) @ right
    return Rotation.from_rotvec(turn).as_matrix() @ symmetric


def carry(shapes: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """(k, n, 3) displacements of the canonical head as they are on this head, by its stretch (n, 3, 3)."""
    return np.einsum("nij,knj->kni", stretch, shapes).astype(np.float32)
