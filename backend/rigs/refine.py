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
from .patches import Patch, patches

ROUNDS, STEPS = 10, (1.0, 0.5, 0.25)

TRUST, LOOSER, TIGHTER = 0.01, 0.3, 3.0
"""The first penalty on going far, and by how much it changes when models hold and when they do not."""

WATCHED = 240
"""Frames, others in every round, by which the steps are judged and the models put right."""

ENOUGH = 0.02
"""Share of the residual that a round must take away for another one to follow."""

CHUNK = 2000
"""Frames that are handled at a time."""

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
    before. places: (M, K) and moved: (M, n, 3) float32, the same as values and motion of more poses, at which nothing
    was felt. trust: penalty on the square of how far controls go from start, as in solve_bent."""

    values: np.ndarray
    motion: np.ndarray
    deltas: np.ndarray
    start: np.ndarray
    places: np.ndarray
    moved: np.ndarray
    trust: float


@dataclass(frozen=True)
class Refined:
    """values: (T, K) from rest. rounds: the residual before every round and after the last, in the rig's units, at
    frames that no step was chosen by. frames: (F,) at which was measured in the end. missed, wanted: (F, R + 1) the
    residual there and what the performance wants, over the whole and each region."""

    values: np.ndarray
    rounds: tuple[float, ...]
    frames: np.ndarray
    missed: np.ndarray
    wanted: np.ndarray


Refining = Generator[Look | Feel | Poses, np.ndarray, Refined]


def refining(
    goal: Goal, lead: Lead, deltas: np.ndarray, values: np.ndarray, low: np.ndarray, high: np.ndarray
) -> Refining:
    """The solution that starts at values (T, K), from rest, made as good as re-measuring makes it. deltas: (K, m, 3) of
    one unit of each control at rest, on the seen vertices. low, high: (K,) how far they may go, from rest."""
    parts = patches(deltas[:, goal.sample])
    seeing = Seeing(goal, lead, deltas, parts)
    watched = spread(len(values), WATCHED, 0)
    moved, missed, apart = yield from seeing.look(values[watched], watched)
    rounds = [root_mean_square(missed[:, 0])]
    trust = TRUST
    # What a rig does at a pose stays true: all that is measured is kept.
    known, motion, felt = values[:0], moved[:0], np.zeros((0, *moved.shape[1:]), np.float32)
    for number in range(1, ROUNDS + 1):
        rest = np.zeros((1, values.shape[1]))
        keys = key_frames(values[watched], parts, np.concatenate([rest, known]), apart)
        if len(keys):
            new = (yield Feel(values[watched[keys]])).astype(np.float32)
            felt = np.concatenate([felt, new]) if len(known) else new
            known, motion = np.concatenate([known, values[watched[keys]]]), np.concatenate([motion, moved[keys]])
        if not len(known):
            break
        trial = yield Poses(known, motion, felt, values, values[watched], moved, trust)
        # Each frame goes as far towards the trial, or beyond, as does it good; those between as what is near.
        steps, best = np.zeros(len(watched)), missed[:, 0].copy()
        start, way = values[watched], (trial - values)[watched]
        for step in STEPS:
            now = (yield from seeing.look(np.clip(start + step * way, low, high), watched))[1][:, 0]
            steps, best = np.where(now < best, step, steps), np.minimum(now, best)
        # Marquardt's rule.
        trust *= LOOSER if steps.mean() > 0.75 else TIGHTER if steps.mean() < 0.5 else 1.0
        candidate = values + between(values, watched, steps, parts)[:, None] * (trial - values)
        np.clip(candidate, low, high, out=candidate)
        watched = spread(len(values), WATCHED, number)
        before = (yield from seeing.look(values[watched], watched))[1]
        moved, missed, apart = yield from seeing.look(candidate[watched], watched)
        gain = 1 - root_mean_square(missed[:, 0]) / max(root_mean_square(before[:, 0]), 1e-30)
        if gain <= 0:
            break
        values = candidate
        rounds.append(root_mean_square(missed[:, 0]))
        if gain < ENOUGH:
            break
    checked = np.unique(np.linspace(0, len(values) - 1, min(CHECKED, len(values))).astype(np.int64))
    missed = (yield from seeing.look(values[checked], checked))[1]
    return Refined(values, tuple(rounds), checked, missed, seeing.wanted(checked))


@dataclass(frozen=True)
class Seeing:
    """Looks at poses one by one: all seen vertices of many would fill the memory."""

    goal: Goal
    lead: Lead
    deltas: np.ndarray
    parts: list[Patch]

    def look(
        self, values: np.ndarray, frames: np.ndarray
    ) -> Generator[Look, np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(F, n, 3) float32 where the sample goes at values (F, K) of some frames, (F, R + 1) what is missed, and
        (F, G) what is of each patch."""
        moved = np.empty((len(frames), len(self.goal.sample), 3), np.float32)
        missed = np.empty((len(frames), len(self.goal.weights)))
        apart = np.empty((len(frames), len(self.parts)))
        for at in range(len(frames)):
            motion = yield Look(values[[at]])
            moved[at] = motion[0, self.goal.sample]
            wanted = self.lead.wanted(frames[[at]], self.goal, self.deltas)
            missed[at] = self.goal.missed(motion, wanted)[0]
            off = np.square(moved[at] - wanted[0, self.goal.sample]).sum(1)
            apart[at] = [np.sqrt(off[part.vertices].mean()) for part in self.parts]
        return moved, missed, apart

    def wanted(self, frames: np.ndarray) -> np.ndarray:
        """(F, R + 1) how far the performance wants the face moved at some frames."""
        result = np.empty((len(frames), len(self.goal.weights)))
        for at in range(len(frames)):
            wanted = self.lead.wanted(frames[[at]], self.goal, self.deltas)
            result[at] = self.goal.missed(wanted, np.zeros_like(wanted))[0]
        return result


def spread(length: int, count: int, turn: int) -> np.ndarray:
    """(F,) frames, evenly over a clip of a length, others at every turn: moved by the golden section each time."""
    if length <= count:
        return np.arange(length)
    offset = (0.5 + 0.6180339887 * turn) % 1.0
    return np.unique(((np.arange(count) + offset) * length / count).astype(np.int64))


def between(values: np.ndarray, frames: np.ndarray, steps: np.ndarray, parts: list[Patch]) -> np.ndarray:
    """(T,) steps of all frames of values (T, K) from those (F,) of some: for each patch those of what is near there."""
    result = np.zeros(len(values))
    for part in parts:
        places = part.places(values)
        known = places[frames]
        for start in range(0, len(values), CHUNK):
            some = slice(start, start + CHUNK)
            result[some] += nearness(places[some], known) @ steps / len(parts)
    return result


def root_mean_square(missed: np.ndarray) -> float:
    """Of the residuals (P,) of poses."""
    return float(np.sqrt(np.square(missed).mean()))
