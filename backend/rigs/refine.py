"""Bones bend, so a rig is measured again where it went, and solved for again from there, until that no longer helps.

Gauss and Newton's method with a line search, over all of a clip at once: the rig is linear around every key pose, and a
frame is solved for with the models of the poses that are like it. Numpy alone: this runs where the rig is, in Blender,
and asks for all that it needs, so that it can be stopped anywhere and tested without Blender.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from .goal import Goal, Lead
from .key_poses import key_frames

ROUNDS, STEPS = 5, (1.0, 0.5, 0.25)
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
    frames = key_frames(values, flat @ flat.T)
    wanted = lead.wanted(frames, goal, deltas)
    motion = yield Look(values[frames])
    missed = total(goal.missed(motion, wanted))
    rounds = [missed]
    for _ in range(ROUNDS):
        felt = yield Feel(values[frames])
        trial = yield Poses(values[frames], motion[:, goal.sample], felt, values)
        for step in STEPS:
            candidate = values + step * (trial - values)
            seen = yield Look(candidate[frames])
            now = total(goal.missed(seen, wanted))
            if now < missed:
                break
        else:
            break
        gain, values, motion, missed = 1 - now / missed, candidate, seen, now
        rounds.append(missed)
        if gain < ENOUGH:
            break
    checked = np.unique(np.linspace(0, len(values) - 1, min(CHECKED, len(values))).astype(np.int64))
    figures = []
    for frame in checked:
        motion = yield Look(values[[frame]])
        wanted = lead.wanted(np.array([frame]), goal, deltas)
        figures.append((goal.missed(motion, wanted)[0], goal.missed(wanted, np.zeros_like(wanted))[0]))
    return Refined(values, tuple(rounds), checked, *(np.array(column) for column in zip(*figures, strict=True)))


def total(missed: np.ndarray) -> float:
    """Root mean square over poses of the residual (P, R + 1) over the whole."""
    return float(np.sqrt(np.square(missed[:, 0]).mean()))
