"""Patches of a face that the same controls move: what a control does to one depends on how that one is posed, and not
on the rest of the face. Numpy alone, for Blender."""

from dataclasses import dataclass

import numpy as np

MOST, PASSES = 8, 10
"""Patches at most, and passes of Lloyd's algorithm that finds them."""

TOLD = 1e-6
"""Share of the strongest direction's energy below which one tells no poses apart."""


@dataclass(frozen=True)
class Patch:
    """vertices: (n,) by number in the sample. root: (K, d), by which values (T, K) become places, whose squared
    distances are the mean squared displacements between them, as the rig moves at rest."""

    vertices: np.ndarray
    root: np.ndarray

    def places(self, values: np.ndarray) -> np.ndarray:
        """(T, d) of values (T, K)."""
        return values @ self.root


def patches(deltas: np.ndarray) -> list[Patch]:
    """Of a rig whose K controls do deltas (K, n, 3) to a sample: vertices are alike that the same controls move."""
    reach = np.linalg.norm(deltas, axis=2).T.astype(np.float64)
    reach /= np.maximum(np.linalg.norm(reach, axis=1, keepdims=True), 1e-300)
    middles = [reach[int(np.linalg.norm(reach, axis=1).argmax())]]
    for _ in range(MOST - 1):
        alike = (reach @ np.array(middles).T).max(1)
        farthest = int(np.where(reach.any(1), alike, 2.0).argmin())
        if alike[farthest] > 1 - 1e-6:
            break
        middles.append(reach[farthest])
    means = np.array(middles)
    for _ in range(PASSES):
        nearest = (reach @ means.T).argmax(1)
        for at in range(len(means)):
            mean = reach[nearest == at].sum(0)
            means[at] = mean / max(float(np.linalg.norm(mean)), 1e-300) if mean.any() else means[at]
    nearest = (reach @ means.T).argmax(1)
    return [_patch(deltas, np.flatnonzero(nearest == at)) for at in range(len(means)) if (nearest == at).any()]


def _patch(deltas: np.ndarray, vertices: np.ndarray) -> Patch:
    flat = deltas[:, vertices].reshape(len(deltas), -1).astype(np.float64)
    energy, axes = np.linalg.eigh(flat @ flat.T / len(vertices))
    told = energy > TOLD * max(float(energy.max(initial=0.0)), 1e-300)
    return Patch(vertices, axes[:, told] * np.sqrt(energy[told]))
