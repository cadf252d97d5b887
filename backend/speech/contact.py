"""Lips that meet, and a lower lip that meets the upper teeth, on the open head: after everything else has been done."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.spatial import KDTree

from backend.channels import ARKIT_NAMES
from backend.faces.open_head import load_open_head
from backend.fitting.character import key_displacements
from backend.fitting.lip_closure import CLOSERS, bring_together
from backend.geometry.mesh import PARTS

MIDDLE = 5
"""Vertices on each side of the middle of the lips where they are brought together."""

TO_TEETH = {
    "jawOpen": 1.0,
    "mouthRollLower": 0.7,
    "mouthLowerDownLeft": 1.5,
    "mouthLowerDownRight": 1.5,
    "mouthClose": 3.0,
    "mouthFunnel": 1.0,
    "mouthPucker": 1.5,
}
"""Channels that bring the lower lip to the teeth, and what a change of each costs."""

TOUCH = 0.055
"""Distance of the lower lip's rim from the nearest vertex of the upper teeth, in widths of the mouth, at which it
touches them: the teeth's vertices are that far apart."""

SHUT = 0.02
"""Distance between the lips, in widths of the mouth, at which they touch."""


@dataclass(frozen=True)
class Lips:
    """The open head's mouth, metres. upper, lower: (P, 3) the middle of the lips' rims at rest; upper_moves and
    lower_moves: (52, P, 3) of ARKIT_NAMES. teeth: (Q, 3) the upper teeth. edge: (3,) the middle of their lower edge.
    width: of the mouth."""

    upper: np.ndarray
    lower: np.ndarray
    upper_moves: np.ndarray
    lower_moves: np.ndarray
    teeth: np.ndarray
    edge: np.ndarray
    width: float

    def gaps(self, weights: np.ndarray) -> np.ndarray:
        """(T,) median height between the lips, in widths of the mouth, for weights (T, 52)."""
        apart = self.upper[:, 1] - self.lower[:, 1] + weights @ (self.upper_moves - self.lower_moves)[..., 1]
        return np.median(apart, axis=1) / self.width

    def from_teeth(self, weights: np.ndarray) -> np.ndarray:
        """(T,) distance of the lower lip's middle from the upper teeth, in widths of the mouth."""
        places = self.lower + np.tensordot(weights, self.lower_moves, 1)
        middle = places[:, MIDDLE - 2 : MIDDLE + 3]
        return np.median(KDTree(self.teeth).query(middle)[0], axis=1) / self.width


@cache
def open_head_lips() -> Lips:
    """Cached: treat the arrays as read-only."""
    head = load_open_head()
    moves = key_displacements(np.zeros(1))
    upper, lower = head.loops["mouth_upper"], head.loops["mouth_lower"]
    chosen = slice(len(upper) // 2 - MIDDLE, len(upper) // 2 + MIDDLE + 1)
    teeth = head.vertices[head.parts == PARTS.index("teeth_upper")]
    middle = teeth[np.abs(teeth[:, 0]) < 0.012]
    front = middle[middle[:, 2] > middle[:, 2].max() - 0.006]
    edge = front[front[:, 1] < front[:, 1].min() + 0.002].mean(0)
    return Lips(
        head.vertices[upper[chosen]],
        head.vertices[lower[chosen]],
        moves[:, upper[chosen]],
        moves[:, lower[chosen]],
        teeth,
        edge,
        float(np.linalg.norm(head.vertices[upper[0]] - head.vertices[upper[-1]])),
    )


def enforce(weights: np.ndarray, lips_shut: np.ndarray, on_teeth: np.ndarray) -> np.ndarray:
    """Weights (T, 52) of ARKIT_NAMES whose lips meet where lips_shut (T,) is 1, and whose lower lip meets the upper
    teeth where on_teeth (T,) is."""
    lips = open_head_lips()
    middle = slice(MIDDLE - 1, MIDDLE + 2)
    # On the teeth: the lip's middle comes to their edge in height and depth; its sides follow.
    depth = lips.lower_moves[:, middle, 1:].reshape(len(ARKIT_NAMES), -1)
    apart = (lips.lower[middle, 1:] - lips.edge[1:]).reshape(-1)
    result = bring_together(weights, on_teeth, depth, TO_TEETH, apart)
    by_channel = (lips.upper_moves - lips.lower_moves)[..., 1]
    resting = lips.upper[:, 1] - lips.lower[:, 1]
    return bring_together(result, lips_shut, by_channel, CLOSERS, np.maximum(resting - 0.01 * lips.width, 0))
