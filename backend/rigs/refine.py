"""Bones bend, so a rig is measured again where it went, and solved for again from there, until that no longer helps.

Gauss and Newton's method with a line search, over all of a clip at once: the rig is linear around every key pose, and a
frame is solved for with the models of the poses that are like it. Numpy alone: this runs where the rig is, in Blender,
and asks for all that it needs, so that it can be stopped anywhere and tested without Blender.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from .goal import Goal, Lead
from .key_poses import key_frames, nearness

ROUNDS, STEPS = 6, (1.0, 0.5, 0.25)
ENOUGH = 0.02
"""Share of the residual that a round must take away for another one to follow."""

CHECKED = 240
"""Frames at which the residual is measured in the end."""


@dataclass(frozen=True)
class Look:
    """Asks for the displacements from rest (P, m, 3) of the seen vertices at values (P, K), from rest."""

    values: np.ndarray


@dataclass(frozen=True)
class Feel:
    """Asks for what a unit of each control does to the sample at values (P, K): (P, K, n, 3)."""

    values: np.ndarray


@dataclass(frozen=True)
class Poses:
    """Asks for the values (T, K) that a solve finds from here. values: (P, K), from rest. motion: (P, n, 3)
    displacements from rest of the sample there, float32. deltas: (P, K, n, 3) float32. start: (T, K), the solution
    before."""

    values: np.ndarray
    motion: np.ndarray
    deltas: np.ndarray
    start: np.ndarray


@dataclass(frozen=True)
class Refined:
    """values: (T, K) from rest. rounds: the residual at the key poses before every round and after the last, in the
    rig's units. frames: (F,) at which was measured in the end. missed, wanted: (F, R + 1) the residual there and what
    the performance wants, over the whole and each region."""

    values: np.ndarray
    rounds: tuple[float, ...]
    frames: np.ndarray
    missed: np.ndarray
    wanted: np.ndarray


Refining = Generator[Look | Feel | Poses, np.ndarray, Refined]


def refining(goal: Goal, lead: Lead, deltas: np.ndarray, values: np.ndarray) -> Refining:
    """The solution that starts at values (T, K), from rest, made as good as re-measuring makes it. deltas: (K, m, 3) of
    one unit of each control at rest, on the seen vertices."""
    flat = (deltas * np.sqrt(goal.weights[0])[:, None]).reshape(len(deltas), -1).astype(np.float64)
    gram = flat @ flat.T
    frames = key_frames(values, gram)
    wanted = lead.wanted(frames, goal, deltas)
    motion = yield Look(values[frames])
    missed = goal.missed(motion, wanted)[:, 0]
    rounds = [root_mean_square(missed)]
    for _ in range(ROUNDS):
        felt = yield Feel(values[frames])
        trial = yield Poses(values[frames], motion[:, goal.sample], felt, values)
        # Each pose goes as far towards the trial as does it good, and other frames as far as the poses that are near.
        best, steps = missed, np.zeros(len(frames))
        for step in STEPS:
            seen = yield Look((values + step * (trial - values))[frames])
            now = goal.missed(seen, wanted)[:, 0]
            steps, best = np.where(now < best, step, steps), np.minimum(now, best)
        near = nearness(values, values[frames], gram)
        candidate = values + (near @ steps)[:, None] * (trial - values)
        seen = yield Look(candidate[frames])
        best = goal.missed(seen, wanted)[:, 0]
        gain = 1 - root_mean_square(best) / max(root_mean_square(missed), 1e-30)
        if gain <= 0:
            break
        values, motion, missed = candidate, seen, best
        rounds.append(root_mean_square(missed))
        if gain < ENOUGH:
            break
    checked = np.unique(np.linspace(0, len(values) - 1, min(CHECKED, len(values))).astype(np.int64))
    figures = []
    for frame in checked:
        motion = yield Look(values[[frame]])
        wanted = lead.wanted(np.array([frame]), goal, deltas)
        figures.append((goal.missed(motion, wanted)[0], goal.missed(wanted, np.zeros_like(wanted))[0]))
    return Refined(values, tuple(rounds), checked, *(np.array(column) for column in zip(*figures, strict=True)))


def root_mean_square(missed: np.ndarray) -> float:
    """Of the residuals (P,) of poses."""
    return float(np.sqrt(np.square(missed).mean()))
