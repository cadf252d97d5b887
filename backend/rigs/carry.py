"""Controls that move the head and not the face: necks, roots, ears."""

import numpy as np

from backend.cloning.result import Shapes
from backend.rigs.rig import Rig

ACTIVE, STILL = 0.05, 1e-3
"""Shares of the shapes' largest displacement above which a vertex is of the face, and below which it is still."""

AROUND = 0.3
"""How far around the face, in shares of its size, still vertices are looked for."""

MOVED, CARRIED = 0.1, 0.5
"""A control that moves more than the second share of what is still around the face by more than the first share of its
largest displacement moves the head."""

ELSEWHERE = 0.9
"""So does one with more than this share of its energy where nothing of the face is."""


def carriers(rig: Rig, shapes: Shapes) -> np.ndarray:
    """(K,) bool: the controls that move what no expression moves."""
    reach = np.linalg.norm(shapes.deltas, axis=2).max(0)
    face, still = reach > ACTIVE * reach.max(initial=0.0), reach < STILL * reach.max(initial=0.0)
    length = np.linalg.norm(rig.deltas, axis=2)
    energy = np.square(length)
    elsewhere = energy[:, still].sum(1) > ELSEWHERE * np.maximum(energy.sum(1), 1e-300)
    if not face.any():
        return elsewhere
    points = rig.mesh.vertices
    low, high = points[face].min(0), points[face].max(0)
    margin = AROUND * (high - low).max()
    around = still & np.all((points > low - margin) & (points < high + margin), axis=1)
    if not around.any():
        return elsewhere
    moved = length[:, around] > MOVED * length.max(1, keepdims=True)
    return elsewhere | (moved.mean(1) > CARRIED)
