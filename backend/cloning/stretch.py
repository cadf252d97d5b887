"""How the canonical head is stretched locally to become this head, and shapes carried along with it."""

import numpy as np
from scipy.spatial import KDTree

NEIGHBOURS = 48
REACH = 0.015
"""Canonical metres over which the stretch is measured."""

RIGID_PULL = 0.3
"""How strongly the stretch is held at a uniform scale, as a share of the neighbourhood's spread: across a thin patch of
surface nothing else determines it."""

LIMITS = (0.3, 3.0)
SAMPLES = 3000


def local_stretch(canonical: np.ndarray, vertices: np.ndarray, face: np.ndarray) -> np.ndarray:
    """(n, 3, 3): for every vertex the linear map that takes small steps on the canonical head to steps on this head.

    canonical, vertices: (n, 3), the same points on both heads, both in the canonical frame. face: (n,) 0..1, which
    vertices' canonical positions count. A weighted least-squares fit over the neighbourhood on the canonical head,
    pulled towards the face's own uniform scale; singular values within LIMITS. This is what makes motion scale with
    features: a mouth twice as wide smiles twice as far (deformation transfer, Sumner and Popovic 2004, without mesh
    correspondence).
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
    left, values, right = np.linalg.svd(stretch)
    result[moving] = (left * np.clip(values, *LIMITS)[:, None]) @ right
    return result


def carry(shapes: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """(k, n, 3) displacements of the canonical head as they are on this head, by its stretch (n, 3, 3)."""
    return np.einsum("nij,knj->kni", stretch, shapes).astype(np.float32)
