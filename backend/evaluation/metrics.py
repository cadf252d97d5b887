"""How well predicted shapes agree with an artist's keys: direction, region and strength, weighted by area.

Weighting each vertex by its share of the surface makes the figures independent of where the artist spent vertices.
Direction and region say whether the face moves as the artist meant; strength differs by 25 to 40 % between artists.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from backend.evaluation.character import Character
from backend.geometry import operators

REGION_SHARE = 0.1
"""A vertex belongs to a shape's region when it moves more than this share of the shape's largest motion."""

STRENGTH_RANGE = (0.6, 1.6)
"""Strength ratios within this range count as right."""


@dataclass(frozen=True)
class ChannelFigures:
    """One channel. cosine: between the two displacement fields, -1..1. overlap: of the regions, 0..1 (intersection over
    union). strength: ratio of root mean square motion, prediction to artist, 1 is equal."""

    name: str
    cosine: float
    overlap: float
    strength: float


@dataclass(frozen=True)
class Summary:
    """Means over channels; strength_right: the share of channels whose strength lies in STRENGTH_RANGE."""

    channels: int
    cosine: float
    cosine_median: float
    overlap: float
    strength_right: float


def vertex_areas(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(N,) a third of the area of each vertex's triangles. vertices: (N, 3); faces: (M, 4), -1 pads triangles."""
    quads = faces[faces[:, 3] >= 0]
    return operators.vertex_areas(vertices, np.concatenate([faces[:, :3], quads[:, [0, 2, 3]]]))


def compare(character: Character, names: Sequence[str], deltas: np.ndarray) -> tuple[ChannelFigures, ...]:
    """Figures for every channel that both the artist and the prediction have, over the head's vertices.

    names: (C,) ARKit names; deltas: (C, N, 3) in the character's units and frame. Keys of the artist that move nothing
    are left out, and tongueOut, which moves the tongue alone and is empty in most sets.
    """
    weights = vertex_areas(character.vertices, character.faces) * character.head
    nothing = 1e-6 * np.ptp(character.vertices, axis=0).max()
    predicted = dict(zip(names, deltas, strict=True))
    figures = []
    for name, key in zip(character.key_names, character.key_deltas, strict=True):
        key_length = np.linalg.norm(key, axis=1) * character.head
        if name == "tongueOut" or name not in predicted or key_length.max() < nothing:
            continue
        delta = np.asarray(predicted[name], np.float64)
        delta_length = np.linalg.norm(delta, axis=1) * character.head
        key_energy, delta_energy = weights @ key_length**2, weights @ delta_length**2
        product = np.sqrt(key_energy * delta_energy)
        cosine = weights @ (key * delta).sum(axis=1) / product if product > 0 else 0.0
        key_region = key_length > REGION_SHARE * key_length.max()
        delta_region = delta_length > REGION_SHARE * max(delta_length.max(), 1e-12)
        union = weights[key_region | delta_region].sum()
        overlap = weights[key_region & delta_region].sum() / max(union, 1e-12)
        figures.append(ChannelFigures(name, float(cosine), float(overlap), float(np.sqrt(delta_energy / key_energy))))
    return tuple(figures)


def summarise(figures: Sequence[ChannelFigures]) -> Summary | None:
    """Means over channels; None without channels."""
    if not figures:
        return None
    cosines = np.array([figure.cosine for figure in figures])
    strengths = np.array([figure.strength for figure in figures])
    low, high = STRENGTH_RANGE
    return Summary(
        channels=len(figures),
        cosine=float(cosines.mean()),
        cosine_median=float(np.median(cosines)),
        overlap=float(np.mean([figure.overlap for figure in figures])),
        strength_right=float(((strengths > low) & (strengths < high)).mean()),
    )


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation, equal values sharing the mean of their ranks; None for fewer than three pairs or
    where all values of one are equal."""
    ranks = np.stack([rankdata(first), rankdata(second)])
    if ranks.shape[1] < 3 or (np.ptp(ranks, axis=1) == 0).any():
        return None
    return float(np.corrcoef(ranks)[0, 1])
