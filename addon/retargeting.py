"""A performance onto a character's own controls, step by step: measured on the scene, solved for by the backend, and
measured again where bones bend. Each step is short, so that a window stays alive between them."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend.channels import ARKIT_NAMES
from ..backend.errors import Refusal
from ..backend.performance import Performance
from ..backend.rigs.goal import Goal, Lead, lead
from ..backend.rigs.jacobian import STEP, apart, looking
from ..backend.rigs.mapping import Entry, as_json, from_json
from ..backend.rigs.mapping import Mapping as ControlMapping
from ..backend.rigs.refine import Feel, Look, Poses, Refined, refining
from ..backend.rigs.uses import REST
from .controls import Kind
from .messages import Result
from .puppet import Character

STILL = 1e-5
"""Share of the face's extent below which a control moves nothing."""

DEAD = "does nothing"


@dataclass(frozen=True)
class Pose:
    """Asks for the vertices (N, 3) at values (K,), from rest."""

    values: np.ndarray


@dataclass(frozen=True)
class Question:
    """Asks the backend's method retarget."""

    params: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Aim:
    """What the face is to do, for looking at what is missed. deltas: (A, m, 3) of the controls alive (A,) at rest, on
    the seen vertices; neutral: (m, 3) where these rest."""

    goal: Goal
    lead: Lead
    deltas: np.ndarray
    neutral: np.ndarray


@dataclass(frozen=True)
class Retargeted:
    """values: (T, K) in Blender's units, for the controls of the character that are used. mapping: of every control.
    notes: sentences. regions: R names. frames: (F,) of the performance at which residual and wanted (F, R + 1) were
    measured, in the scene's units, over the whole face and each region. rounds: the residual of every round. aim: None
    where no face was found."""

    character: Character
    values: np.ndarray
    fps: float
    mapping: ControlMapping
    notes: tuple[str, ...]
    regions: tuple[str, ...]
    frames: np.ndarray
    residual: np.ndarray
    wanted: np.ndarray
    rounds: tuple[float, ...]
    aim: Aim | None


@dataclass
class Progress:
    """fraction: 0..1. text: what is done at the moment."""

    fraction: float = 0.0
    text: str = ""

    def __call__(self, fraction: float, text: str) -> None:
        """Say how far it is; it never goes back, and only the end is whole."""
        self.fraction, self.text = max(self.fraction, min(fraction, 0.98)), text


Steps = Generator[Pose | Question, Any, Retargeted]


def retargeting(character: Character, performance: Performance, given: ControlMapping, progress: Progress) -> Steps:
    """The steps. given: entries of a mapping that are decided already. Raises Refusal."""
    progress(0.0, "Measuring the controls")
    neutral = yield Pose(np.zeros(len(character.controls)))
    deltas = yield from measured(character, neutral, progress)
    alive = np.flatnonzero(np.any(deltas, axis=(1, 2)))
    if len(alive) == 0:
        raise Refusal(
            "dead-rig",
            "No control moves a vertex of the selected meshes.",
            "Select the meshes of the face, and the bones that move it.",
        )
    progress(0.3, "Solving for the controls")
    request = question(character, alive, deltas[alive], performance, given)
    answer: Result = yield request
    mapping = from_json(answer.fields["mapping"])
    notes = [str(note) for note in answer.fields["notes"]]
    if len(alive) < len(character.controls):
        notes.append(f"{len(character.controls) - len(alive)} of {len(character.controls)} channels move nothing here")
    names: list[str] = request.params["controls"]
    regions = tuple(str(name) for name in answer.fields["regions"])
    values = answer.arrays["values"].astype(np.float64)
    used = np.flatnonzero([mapping[name].use != REST for name in names])
    alive, values = alive[used], values[:, used]
    aim = read_aim(answer, [names[at] for at in used], mapping, performance, neutral, deltas[alive])
    if aim is not None and any(character.controls[at].kind is not Kind.KEY for at in alive):
        request = question(character, alive, deltas[alive], performance, mapping)
        refined = yield from refined_values(character, alive, neutral, aim, values, request, progress)
        frames, residual, wanted, rounds = refined.frames, refined.missed, refined.wanted, refined.rounds
        values = refined.values
    else:
        frames, rounds = np.arange(len(values)), ()
        residual, wanted = answer.arrays["residual"].T, answer.arrays["wanted"].T
    whole = np.zeros((len(values), len(character.controls)))
    whole[:, alive] = values
    for one in character.controls:
        mapping.setdefault(one.name, Entry(REST, {}, DEAD))
    progress(1.0, "Writing the curves")
    bounded = np.clip(whole, character.minimum, character.maximum) + character.rest
    return Retargeted(
        character, bounded, performance.fps, mapping, tuple(notes), regions, frames, residual, wanted, rounds, aim
    )


def measured(character: Character, neutral: np.ndarray, progress: Progress) -> Generator[Pose, np.ndarray, np.ndarray]:
    """(K, N, 3) float32: what one unit of each control does near rest, 0 where it does nothing. All channels of a bone
    are tried at once before each is measured: most bones of a rig do not move the face."""
    low, high = character.minimum, character.maximum
    steps = STEP * (high - low)
    steps = np.where(steps > high, -steps, steps)
    floor = STILL * float(np.ptp(neutral, axis=0).max())
    deltas = np.zeros((len(steps), *neutral.shape), np.float32)
    places: dict[tuple[object, ...], list[int]] = {}
    for at, one in enumerate(character.controls):
        bone = one.kind in (Kind.LOCATION, Kind.ROTATION, Kind.SCALE)
        places.setdefault(one.places if bone else (at,), []).append(at)
    for done, group in enumerate(places.values()):
        progress(0.3 * done / len(places), "Measuring the controls")
        trial = np.zeros(len(steps))
        trial[group] = steps[group]
        moved = yield Pose(trial)
        if np.abs(moved - neutral).max() <= floor:
            continue
        for at in group:
            trial = np.zeros(len(steps))
            trial[at] = steps[at]
            moved = (yield Pose(trial)) if len(group) > 1 else moved
            change = moved - neutral
            change[np.abs(change).max(1) <= 0.01 * np.abs(change).max()] = 0.0
            if np.abs(change).max() > floor:
                deltas[at] = change / steps[at]
    return deltas


def question(
    character: Character,
    alive: np.ndarray,
    deltas: np.ndarray,
    performance: Performance,
    given: ControlMapping,
) -> Question:
    """What the backend is asked about the controls alive (A,). deltas: (A, N, 3)."""
    head, controls = character.head, [character.controls[at] for at in alive]
    names = [one.name for one in controls]
    params = {
        "object_names": [piece.name for piece in head.pieces],
        "roles": list(head.roles),
        "controls": names,
        "channels": list(performance.names),
        "fps": performance.fps,
        "mapping": as_json({name: one for name, one in given.items() if name in names}),
    }
    arrays = {
        "vertices": head.vertices,
        "corners": head.corners,
        "sizes": head.sizes,
        "objects": head.objects,
        "deltas": deltas,
        "minimum": character.minimum[alive],
        "maximum": character.maximum[alive],
        "weights": performance.weights,
        "drawn": np.array([one.kind in (Kind.KEY, Kind.PROPERTY) for one in controls], np.int8),
    }
    return Question(params, arrays)


def read_aim(
    answer: Result,
    names: list[str],
    mapping: ControlMapping,
    performance: Performance,
    neutral: np.ndarray,
    deltas: np.ndarray,
) -> Aim | None:
    """What the backend's first answer says of the face; None where it has none. deltas: (A, N, 3)."""
    if "seen" not in answer.arrays:
        return None
    arrays, regions = answer.arrays, tuple(str(name) for name in answer.fields["regions"])
    goal = Goal(arrays["seen"], arrays["weights"], regions, arrays["shapes"], arrays["sample"])
    led = lead(names, mapping, performance.named(ARKIT_NAMES).weights.astype(np.float64))
    return Aim(goal, led, deltas[:, goal.seen], neutral[goal.seen])


def refined_values(
    character: Character,
    alive: np.ndarray,
    neutral: np.ndarray,
    aim: Aim,
    values: np.ndarray,
    request: Question,
    progress: Progress,
) -> Generator[Pose | Question, Any, Refined]:
    """Measure and solve in turn. values: (T, A) of the controls alive (A,), from rest."""
    goal, sample = aim.goal, aim.goal.sample
    deltas = aim.deltas[:, sample]
    groups = apart(deltas)
    low, high = character.minimum[alive], character.maximum[alive]

    def whole(some: np.ndarray) -> np.ndarray:
        result = np.zeros(len(character.controls))
        result[alive] = some
        return result

    asked = refining(goal, aim.lead, aim.deltas, values)
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
            answer = found.arrays["values"].astype(np.float64)
        try:
            step = asked.send(np.array(answer))
        except StopIteration as found:
            return found.value


def poses_request(poses: Poses) -> dict[str, np.ndarray]:
    """The arrays that stand for poses in a request."""
    return {
        "pose_values": poses.values,
        "pose_motion": poses.motion.astype(np.float32),
        "pose_deltas": poses.deltas.astype(np.float32),
        "start": poses.start,
    }
