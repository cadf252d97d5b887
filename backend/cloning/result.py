"""What the main job gives back; light, for what only reads or keeps it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SealFigure:
    """What sealing did to one closure: "eyeBlink_L", "eyeBlink_R" or "jawOpen+mouthClose".

    gap_before, gap_after: the widest gap left between the rims, of the prediction and of the result, as a share of the
    neutral opening (eyes) or of the gap that jawOpen makes (mouth). crossing: how far the rims pass through each
    other at the worst place, beyond the worst of the neutral, as a share of the opening's width. opening: the neutral
    opening, metres. All None where `state` is not "sealed"; `state` then says why, in words.
    """

    name: str
    state: str
    gap_before: float | None = None
    gap_after: float | None = None
    crossing: float | None = None
    opening: float | None = None


@dataclass(frozen=True)
class Shapes:
    """Face shapes in the user's own vertex order.

    vertices: (N, 3) float32, the neutral. names: K shape names. deltas: (K, N, 3) float32, in the units and frame
    of the vertices. parts: (N,) int8 into PARTS. confidence: 0..1. reasons: what it rests on. canonical_from_file:
    (4, 4) float64. seals: what sealing did to each closure. canonical: (N, 3) float32 where the skin lies on the
    canonical head, NaN elsewhere; None where that is not known.
    """

    vertices: np.ndarray
    names: tuple[str, ...]
    deltas: np.ndarray
    parts: np.ndarray
    confidence: float
    reasons: tuple[str, ...]
    canonical_from_file: np.ndarray
    seals: tuple[SealFigure, ...]
    version: str
    canonical: np.ndarray | None = None
