"""Thumbnails: a small picture of every shape of a head, from nothing but the mesh and its keys."""

from collections.abc import Sequence

import numpy as np

from backend.channels import CHANNEL, mirror, recognise
from backend.errors import Progress
from backend.imaging.portraits import portrait, sitter

YAW = 17.0
STILL = 0.01
"""Share of the strongest shape's motion up to which a shape is drawn as the neutral face."""

SLIGHT = 0.02
"""Share of a shape's largest motion up to which a vertex keeps its colour."""

UPPER, LOWER = ("brow", "eye"), ("mouth", "jaw", "tongue")
"""Regions of channels in the upper and in the lower half of a face."""


def thumbnails(
    vertices: np.ndarray,
    triangles: np.ndarray,
    channels: Sequence[str],
    deltas: np.ndarray,
    size: int,
    progress: Progress,
) -> np.ndarray:
    """(K, size, size, 4) uint8 RGBA, rows from the top, transparent around the head: each shape at full strength, what
    moves tinted.

    vertices: (N, 3), y up, any unit. triangles: (T, 3). channels: (K,) which shapes they are, for the side that has the
    face. deltas: (K, N, 3).
    """
    progress(0.0, "Drawing the shapes")
    turn = face_rotation(vertices, channels, deltas)
    lengths = np.linalg.norm(deltas, axis=2)
    furthest = lengths.max(axis=1, initial=0.0)
    # What hardly moves would have its rounding errors drawn as motion.
    moving = furthest > STILL * furthest.max(initial=0.0)
    reach = (lengths[moving] / furthest[moving][:, None]).max(axis=0, initial=0.0)
    face = sitter((vertices - vertices.mean(0)) @ turn.T, triangles, reach, YAW)
    neutral = portrait(face, size)
    pictures = np.repeat(neutral[None], len(deltas), axis=0)
    for number in np.flatnonzero(moving):
        share = lengths[number][face.chosen] / furthest[number]
        tint = 0.85 * ((share - SLIGHT) / (1 - SLIGHT)).clip(0) ** 0.7
        pictures[number] = portrait(face, size, deltas[number][face.chosen] @ turn.T, tint, neutral=neutral)
        progress((number + 1) / len(deltas), "Drawing the shapes")
    return pictures


def face_rotation(vertices: np.ndarray, channels: Sequence[str], deltas: np.ndarray) -> np.ndarray:
    """(3, 3) rotation from the head's frame to the canonical one, whose x is the character's left, y up and z the
    front, told from where its shapes act. The identity where they do not say it."""
    centres: dict[str, np.ndarray] = {}
    regions: dict[str, list[np.ndarray]] = {}
    for name, delta in zip(channels, deltas, strict=True):
        weights = np.linalg.norm(delta, axis=1).astype(np.float64)
        if weights.any():
            centres[name] = weights @ vertices / weights.sum()
            known = recognise(name)
            if known:
                regions.setdefault(CHANNEL[known[0]].region, []).append(centres[name])
    upper = [centre for region in UPPER for centre in regions.get(region, ())]
    lower = [centre for region in LOWER for centre in regions.get(region, ())]
    sides = [
        centre - centres[other]
        for name, centre in centres.items()
        if "left" in name.lower() or name.endswith("_L")
        if (other := _other_side(name)) in centres
    ]
    if not upper or not lower or not sides:
        return np.eye(3)
    x = np.mean(sides, axis=0)
    y = np.mean(upper, axis=0) - np.mean(lower, axis=0)
    z = np.cross(x, y)
    smallest = 1e-3 * float(np.ptp(vertices, axis=0).max())
    if np.linalg.norm(x) < smallest or np.linalg.norm(z) < smallest * np.linalg.norm(y):
        return np.eye(3)
    y = np.cross(z, x)
    return np.stack([axis / np.linalg.norm(axis) for axis in (x, y, z)])


def _other_side(name: str) -> str:
    try:
        return mirror(name)
    except KeyError:
        return ""
