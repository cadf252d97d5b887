"""What the vertices of a clip did, compressed: principal components of their displacements (Pearson 1901)."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.clip_sample import Sample
from backend.geometry.similarity import apply_transform
from backend.trace import MOST_MODES, Trace, without_rigid

EXACT = 1e-9
"""Share of the energy that may be left out: keys that made a clip move it in no more ways than there are keys."""


@dataclass(frozen=True)
class Tracer:
    """weights: (s,) how much each vertex of the sample counts. basis: (r, 3s) orthonormal, weighted displacements."""

    sample: Sample
    weights: np.ndarray
    basis: np.ndarray

    def amounts(self, moved: np.ndarray) -> np.ndarray:
        """(t, r) float32 of displacements (t, s, 3) of the sample in the canonical frame."""
        flat = without_rigid(moved, self.sample.points, self.weights)
        return (flat @ self.basis.T).astype(np.float32)

    def trace(self, canonical_from_file: np.ndarray, vertices: int, amounts: np.ndarray) -> Trace:
        """The trace of a mesh of so many vertices, in its own units and frame. amounts: (T, r)."""
        back = np.linalg.inv(canonical_from_file)
        modes = self.basis.reshape(len(self.basis), -1, 3) / np.sqrt(self.weights)[:, None]
        return Trace(
            vertices,
            self.sample.numbers.astype(np.int32),
            apply_transform(back, self.sample.points).astype(np.float32),
            self.weights.astype(np.float32),
            (modes @ back[:3, :3].T).astype(np.float32),
            amounts,
        )


def tracer_of(sample: Sample, moved: np.ndarray) -> Tracer:
    """From the sample's displacements (F, s, 3) in some frames of a clip, canonical frame."""
    weights = sample.area / sample.area[sample.face].sum()
    eyes = sample.eyes[0] | sample.eyes[1]
    # An eyeball's vertex counts as one of the skin.
    weights = np.where(eyes, weights[sample.face].mean(), np.maximum(weights, 1e-9))
    flat = without_rigid(moved, sample.points, weights)
    values, vectors = np.linalg.eigh(flat @ flat.T)
    order = np.argsort(-values, kind="stable")
    left = 1 - np.cumsum(np.maximum(values[order], 0.0)) / max(float(np.maximum(values, 0.0).sum()), 1e-300)
    kept = order[: min(int((left > EXACT).sum()) + 1, MOST_MODES)]
    kept = kept[values[kept] > 1e-12 * max(float(values.max()), 1e-300)]
    # Once more, for roots of small values are rough.
    basis = np.linalg.qr((vectors[:, kept].T @ flat).T)[0].T if len(kept) else np.eye(1, flat.shape[1])
    return Tracer(sample, weights, basis)
