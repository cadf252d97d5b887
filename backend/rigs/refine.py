"""Bones bend, so a rig is measured again where it went, and solved for again from there, until that no longer helps.

Gauss and Newton's method with damping and a line search, over all of a clip at once: the rig is linear around every key
pose, and a frame is solved for with the models of the poses that are like it. Numpy alone: this runs where the rig is,
in Blender, and asks for all that it needs, so that it can be stopped anywhere and tested without Blender.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from .goal import Goal, Lead
from .key_poses import key_frames, nearness

ROUNDS, STEPS = 6, (1.0, 0.5, 0.25)
ENOUGH = 0.02
"""Share of the residual that a round must take away for another one to follow."""

JUDGED, CHECKED = 64, 240
"""Frames besides the key poses at which steps are judged, as they can be good where the rig was measured and bad
between; and those at which the residual is measured in the end."""

TOGETHER, CHUNK = 8, 2000
"""Poses whose vertices, and frames whose distances to poses, are kept at a time."""


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
    """values: (T, K) float32 from rest. rounds: the residual at the frames where steps are judged, at rest and after
    every round, in the rig's units. frames: (F,) at which was measured in the end. missed, wanted: (F, R + 1) the
    residual there and what the performance wants, over the whole and each region."""

    values: np.ndarray
    rounds: tuple[float, ...]
    frames: np.ndarray
    missed: np.ndarray
    wanted: np.ndarray


Refining = Generator[Look | Feel | Poses, np.ndarray, Refined]


def refining(goal: Goal, lead: Lead, deltas: np.ndarray, start: np.ndarray) -> Refining:
    """The solution, as good as measuring again makes it. deltas: (K, m, 3) of one unit of each control at rest, on the
    seen vertices. start: (T, K) float32, from rest: where the followers go, all others at rest.

    The first step trusts what was measured at rest only as far as any other: the straight solve, which takes it for the
    whole truth, sends bones so far that the way back costs more rounds than the way there.
    """
    flat = (deltas * np.sqrt(goal.weights[0])[:, None]).reshape(len(deltas), -1).astype(np.float64)
    gram = flat @ flat.T
    values, count = start, len(goal.sample)
    unmeasured = np.zeros((0, count, 3), np.float32), np.zeros((0, len(deltas), count, 3), np.float32)
    trial = yield Poses(values[:0], *unmeasured, values)
    judged = np.union1d(key_frames(trial, gram), _spread(len(values), JUDGED))
    missed = (yield from _missed(goal, lead, deltas, judged, values[judged]))[:, 0]
    rounds = [root_mean_square(missed)]
    for number in range(1 + ROUNDS):
        if number > 0:
            frames = key_frames(values, gram)
            motion = yield Look(values[frames])
            felt = yield Feel(values[frames])
            trial = yield Poses(values[frames], motion[:, goal.sample], felt, values)
        # A judged frame goes as far towards the trial as does it good, and others as far as those that are near.
        best, steps = missed, np.zeros(len(judged))
        for step in STEPS:
            there = values[judged] + step * (trial[judged] - values[judged])
            now = (yield from _missed(goal, lead, deltas, judged, there))[:, 0]
            steps, best = np.where(now < best, step, steps), np.minimum(now, best)
        candidate = np.empty_like(values)
        for first in range(0, len(values), CHUNK):
            some = slice(first, first + CHUNK)
            near = nearness(trial[some], trial[judged], gram)
            candidate[some] = values[some] + (near @ steps)[:, None] * (trial[some] - values[some])
        best = (yield from _missed(goal, lead, deltas, judged, candidate[judged]))[:, 0]
        gain = 1 - root_mean_square(best) / max(root_mean_square(missed), 1e-30)
        if gain <= 0:
            break
        values, missed = candidate, best
        rounds.append(root_mean_square(missed))
        if gain < ENOUGH:
            break
    checked = _spread(len(values), CHECKED)
    residual = yield from _missed(goal, lead, deltas, checked, values[checked])
    still = np.zeros((1, len(goal.seen), 3))
    wanted = [goal.missed(still, lead.wanted(checked[[at]], goal, deltas))[0] for at in range(len(checked))]
    return Refined(values, tuple(rounds), checked, residual, np.array(wanted))


def _missed(
    goal: Goal, lead: Lead, deltas: np.ndarray, frames: np.ndarray, values: np.ndarray
) -> Generator[Look, np.ndarray, np.ndarray]:
    """(F, R + 1) the residual at frames (F,) with values (F, K)."""
    found = []
    for first in range(0, len(frames), TOGETHER):
        some = slice(first, first + TOGETHER)
        motion = yield Look(values[some])
        found.append(goal.missed(motion, lead.wanted(frames[some], goal, deltas)))
    return np.concatenate(found)


def _spread(count: int, most: int) -> np.ndarray:
    """(F,) frames from the first to the last of count, evenly."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).astype(np.int64))


def root_mean_square(missed: np.ndarray) -> float:
    """Of the residuals (P,) of poses."""
    return float(np.sqrt(np.square(missed).mean()))
