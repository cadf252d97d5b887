"""A performance onto a character's own controls, step by step: measured on the scene, solved for by the backend, and
measured again where bones bend. Each step is short, so that a window stays alive between them."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend.channels import ARKIT_NAMES
from ..backend.performance import Performance
from ..backend.rigs.goal import Goal, Lead, lead
from ..backend.rigs.jacobian import apart, looking
from ..backend.rigs.mapping import Mapping as ControlMapping
from ..backend.rigs.refine import Feel, Look, Poses, Refined, refining
from ..backend.rigs.uses import REST
from .controls import Kind
from .puppet import Character
from .studying import Pose, Progress, Question, Study, question, studying


@dataclass(frozen=True)
class Aim:
    """What the face is to do, for looking at what is missed. deltas: (A, m, 3) of the controls in use (A,) at rest, on
    the seen vertices; neutral: (m, 3) where these rest."""

    goal: Goal
    lead: Lead
    deltas: np.ndarray
    neutral: np.ndarray


@dataclass(frozen=True)
class Retargeted:
    """values: (T, K) float32 in Blender's units, for the controls of the character that are used. regions: R names.
    frames: (F,) of the performance at which residual and wanted (F, R + 1) were measured, in the scene's units, over
    the whole face and each region. rounds: the residual of every round. aim: None where no face was found."""

    study: Study
    values: np.ndarray
    fps: float
    regions: tuple[str, ...]
    frames: np.ndarray
    residual: np.ndarray
    wanted: np.ndarray
    rounds: tuple[float, ...]
    aim: Aim | None

    @property
    def character(self) -> Character:
        """Whose controls they are."""
        return self.study.character

    @property
    def mapping(self) -> ControlMapping:
        """What every control follows."""
        return self.study.mapping


def retargeting(
    character: Character, performance: Performance, given: ControlMapping, progress: Progress
) -> Generator[Pose | Question, Any, Retargeted]:
    """The steps. given: entries of a mapping that are decided already. Raises Refusal."""
    study = yield from studying(character, performance, given, progress)
    mapping, answer = study.mapping, study.answer
    regions = tuple(str(name) for name in answer.fields["regions"])
    used = np.flatnonzero([mapping[name].use != REST for name in study.names])
    alive, deltas = study.alive[used], study.deltas[used]
    aim = None
    if study.goal is not None:
        channels = performance.named(ARKIT_NAMES).weights.astype(np.float64)
        led = lead([study.names[at] for at in used], mapping, channels)
        aim = Aim(study.goal, led, deltas[:, study.goal.seen], study.neutral[study.goal.seen])
    if aim is not None and any(character.controls[at].kind is not Kind.KEY for at in alive):
        request = question(character, alive, deltas, performance, mapping)
        refined = yield from refined_values(character, alive, study.neutral, aim, request, progress)
        frames, residual, wanted, rounds = refined.frames, refined.missed, refined.wanted, refined.rounds
        values = refined.values
    else:
        values = answer.arrays["values"][:, used]
        frames, rounds = np.arange(len(values)), ()
        residual, wanted = answer.arrays["residual"].T, answer.arrays["wanted"].T
    # Of hundreds of bones' channels most rest: a long clip of them all in doubles would fill the memory.
    whole = np.tile(character.rest.astype(np.float32), (len(values), 1))
    whole[:, alive] += values
    np.clip(whole, *within(character), out=whole)
    progress(1.0, "Writing the curves")
    return Retargeted(study, whole, performance.fps, regions, frames, residual, wanted, rounds, aim)


def within(character: Character) -> tuple[np.ndarray, np.ndarray]:
    """(K,) float32 each: the bounds of the controls, in Blender's units, rounded inwards."""
    low, high = (np.array([getattr(one, end) for one in character.controls]) for end in ("minimum", "maximum"))
    least, most = low.astype(np.float32), high.astype(np.float32)
    least = np.where(least < low, np.nextafter(least, np.float32(np.inf)), least)
    most = np.where(most > high, np.nextafter(most, np.float32(-np.inf)), most)
    return least, np.maximum(least, most)


def refined_values(
    character: Character,
    alive: np.ndarray,
    neutral: np.ndarray,
    aim: Aim,
    request: Question,
    progress: Progress,
) -> Generator[Pose | Question, Any, Refined]:
    """Measure and solve in turn, for the controls alive (A,)."""
    goal, sample = aim.goal, aim.goal.sample
    deltas = aim.deltas[:, sample]
    groups = apart(deltas)
    low, high = character.minimum[alive], character.maximum[alive]

    def whole(some: np.ndarray) -> np.ndarray:
        result = np.zeros(len(character.controls))
        result[alive] = some
        return result

    asked = refining(goal, aim.lead, aim.deltas, np.clip(aim.lead.intended, low, high).astype(np.float32))
    step = next(asked)
    while True:
        if isinstance(step, Look):
            progress(progress.fraction + 0.002, "Looking at poses")
            answer = []
            for one in step.values:
                answer.append(((yield Pose(whole(one))) - neutral)[goal.seen])
        elif isinstance(step, Feel):
            answer = []
            for number, one in enumerate(step.values, start=1):
                progress(progress.fraction + 0.01, f"Measuring the controls at pose {number} of {len(step.values)}")
                around = looking(one, low, high, deltas, groups)
                pose = next(around)
                try:
                    while True:
                        pose = around.send((yield Pose(whole(pose)))[goal.seen[sample]])
                except StopIteration as found:
                    answer.append(found.value[1])
        else:
            progress(progress.fraction + 0.01, "Solving again")
            found = yield Question(
                request.params, {**request.arrays, **poses_request(step), "pose_vertices": goal.seen[sample]}
            )
            answer = found.arrays["values"]
        try:
            step = asked.send(np.asarray(answer))
        except StopIteration as found:
            return found.value


def poses_request(poses: Poses) -> dict[str, np.ndarray]:
    """The arrays that stand for poses in a request."""
    return {
        "pose_values": poses.values,
        "pose_motion": poses.motion.astype(np.float32),
        "pose_deltas": poses.deltas.astype(np.float32),
        "start": poses.start.astype(np.float32),
    }
