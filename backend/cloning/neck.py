"""The border of the neck stays where it is, so that the head keeps fitting its body."""

import numpy as np
from scipy.spatial import KDTree

from backend.geometry.edges import border_vertices

BELOW = -0.085
"""Canonical height, metres, under which an open border belongs to the neck: below the chin."""

BEHIND = 0.07
"""Canonical depth, metres, behind which it does: the lower border of a bare mask, under the chin, may move."""

BUST = -0.115
"""Canonical height, metres, under which every border does: no mask reaches so low."""

FADE = 0.03
"""Metres over which motion fades towards the border."""


def neck_weight(vertices: np.ndarray, triangles: np.ndarray, canonical: np.ndarray) -> np.ndarray:
    """(n,) float32 factors for displacements: 0 on the border of the neck, 1 beyond FADE, smooth between. vertices,
    canonical: (n, 3) in the canonical frame. Crops through a body count as borders."""
    height, depth = canonical[:, 1], canonical[:, 2]
    low = (height < BUST) | ((height < BELOW) & (depth < BEHIND))
    border = border_vertices(triangles, len(vertices)) & low
    if not border.any():
        return np.ones(len(vertices), np.float32)
    distance = KDTree(vertices[border]).query(vertices, distance_upper_bound=FADE)[0]
    share = np.clip(distance / FADE, 0.0, 1.0)
    return (share**2 * (3 - 2 * share)).astype(np.float32)
