"""The few vertices of a clip that tell what a face does, in the canonical frame."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backend.cloning.parts import ROLE
from backend.errors import Progress
from backend.frames import Frames
from backend.geometry.similarity import apply_transform

FACE_BUDGET, STILL_BUDGET, EYE_BUDGET, INNER_BUDGET = 1500, 300, 64, 64
EYES = 2, 3
"""Which of the groups of a sample are eyeballs; their surface says nothing."""

MOUTH = [ROLE["teeth_lower"], ROLE["tongue"]]
"""What moves with the mouth and tells no channel of the skin; it is looked at for the trace alone."""

PIECE = 256
MOVES = 2e-4
"""Metres at a real head's size: skin that no shape moves by as much is still."""

CHIN = -0.06
"""Height on the canonical head below which still skin may be neck or body, which do not follow the head."""


@dataclass(frozen=True)
class Sample:
    """numbers: (s,) of the mesh's vertices. face, still: (s,) bool, skin that the shapes move, and skull. eyes: two
    (s,) bool, the left and the right eyeball. inner: (s,) bool, what tells the channels that the skin does not. area:
    (s,) of the surface that a vertex of skin or inner stands for. points: (s, 3) of the neutral, canonical frame,
    metres. What is in none of these is of the mouth."""

    numbers: np.ndarray
    face: np.ndarray
    still: np.ndarray
    eyes: tuple[np.ndarray, np.ndarray]
    inner: np.ndarray
    area: np.ndarray
    points: np.ndarray


def choose_sample(
    points: np.ndarray, area: np.ndarray, parts: np.ndarray, reach: np.ndarray, inner: np.ndarray
) -> Sample:
    """The vertices to look at. points: (N, 3) of the neutral in the canonical frame. area: (N,). parts: (N,) into
    PARTS. reach: (N,) metres, the furthest that any shape moves a vertex. inner: (N,) bool, what tells the channels
    that the skin does not. Where there are more than the budget, a fixed random choice: half of the chance by area, so
    that every region is there, half by vertex, so that lids and lips are."""
    skin = (parts == ROLE["skin"]) & (area > 0)
    groups = [
        (np.flatnonzero(skin & (reach > MOVES)), FACE_BUDGET),
        (np.flatnonzero(skin & (reach <= MOVES) & (points[:, 1] > CHIN)), STILL_BUDGET),
        (np.flatnonzero(parts == ROLE["eye_left"]), EYE_BUDGET),
        (np.flatnonzero(parts == ROLE["eye_right"]), EYE_BUDGET),
        (np.flatnonzero(inner), INNER_BUDGET),
        (np.flatnonzero(np.isin(parts, MOUTH) & ~inner), INNER_BUDGET),
    ]
    random = np.random.default_rng(0)
    numbers, weights, group = [], [], []
    for at, (members, budget) in enumerate(groups):
        chance = np.ones(len(members)) if at in EYES else area[members]
        chosen, stands_for = _draw(chance, budget, random)
        numbers.append(members[chosen])
        weights.append(stands_for)
        group.append(np.full(len(chosen), at))
    number, kind = np.concatenate(numbers), np.concatenate(group)
    return Sample(
        number,
        kind == 0,
        kind == 1,
        (kind == EYES[0], kind == EYES[1]),
        kind == 4,
        np.concatenate(weights),
        points[number].astype(np.float64),
    )


def _draw(area: np.ndarray, budget: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Which to take (c,), in order, and the area that each then stands for (c,)."""
    if len(area) <= budget:
        return np.arange(len(area)), area.astype(np.float64)
    chance = 0.5 * area / area.sum() + 0.5 / len(area)
    chosen = np.sort(random.choice(len(area), budget, replace=False, p=chance / chance.sum()))
    stands_for = area[chosen] / chance[chosen]
    return chosen, stands_for * (area.sum() / stands_for.sum())


def pieces(frames: Frames, canonical_from_file: np.ndarray, progress: Progress, every: int = 1) -> Iterator[np.ndarray]:
    """Every so many-th frame of a clip of s vertices, canonical frame, metres: (t, s, 3) float32 of at most PIECE
    frames, in order. Raises Refusal where the clip does and Cancelled where progress does."""
    done = 0
    for chunk in frames.chunks():
        taken = chunk[-done % every :: every]
        for start in range(0, len(taken), PIECE):
            at = done + start * every
            progress(at / frames.count, f"Reading frame {at:,} of {frames.count:,}")
            yield apply_transform(canonical_from_file, taken[start : start + PIECE]).astype(np.float32)
        done += len(chunk)
