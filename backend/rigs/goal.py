"""What a performance wants of a face's vertices, and how far they are from it. Numpy alone, for Blender."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..channels import ARKIT_NAMES
from .mapping import Mapping, covered
from .uses import FOLLOW


@dataclass(frozen=True)
class Goal:
    """seen: (m,) the vertices that shapes or controls move. weights: (R + 1, m), how much each counts for the whole,
    every region of the face alike, and for each of the regions; rows of sum 1. regions: R names. shapes: (C, m, 3)
    float32, the head's own shapes under ARKIT_NAMES there. sample: (n,) some of seen, by number in it, each standing
    for as much as the others: enough to solve on."""

    seen: np.ndarray
    weights: np.ndarray
    regions: tuple[str, ...]
    shapes: np.ndarray
    sample: np.ndarray

    def missed(self, motion: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """(P, R + 1) root mean square distances between displacements (P, m, 3), over the whole and each region."""
        squared = np.square(motion - wanted).sum(2)
        return np.sqrt(squared @ self.weights.T)


@dataclass(frozen=True)
class Lead:
    """What is known before anything is solved for. intended: (T, K) float32, how far from rest the followers would go.
    left: (T, C) the channels that nobody follows, under ARKIT_NAMES."""

    intended: np.ndarray
    left: np.ndarray

    def wanted(self, frames: np.ndarray | slice, goal: Goal, deltas: np.ndarray) -> np.ndarray:
        """(P, m, 3) displacements that the performance wants at some frames. deltas: (K, m, 3) of one unit of each
        control at rest: what is followed wants what its control does."""
        some, followers = self.intended[frames], np.flatnonzero(self.intended.any(0))
        return np.tensordot(self.left[frames], goal.shapes, 1) + np.tensordot(some[:, followers], deltas[followers], 1)


def lead(controls: Sequence[str], mapping: Mapping, channels: np.ndarray) -> Lead:
    """The part that followers take. channels: (T, C) under ARKIT_NAMES."""
    weights = np.zeros((len(ARKIT_NAMES), len(controls)), np.float32)
    for at, name in enumerate(controls):
        if mapping[name].use == FOLLOW:
            for channel, weight in mapping[name].channels.items():
                weights[ARKIT_NAMES.index(channel), at] = weight
    taken = covered([*mapping.values()])
    return Lead(channels.astype(np.float32) @ weights, channels * [name not in taken for name in ARKIT_NAMES])
