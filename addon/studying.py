"""What a character's controls do to its face, measured on the scene step by step, and what each is to follow."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..backend.errors import Refusal
from ..backend.performance import Performance
from ..backend.rigs.goal import Goal
from ..backend.rigs.jacobian import STEP
from ..backend.rigs.mapping import Entry, as_json, from_json
from ..backend.rigs.mapping import Mapping as ControlMapping
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


@dataclass
class Progress:
    """fraction: 0..1. text: what is done at the moment."""

    fraction: float = 0.0
    text: str = ""

    def __call__(self, fraction: float, text: str) -> None:
        """Say how far it is; it never goes back, and only the end is whole."""
        self.fraction, self.text = max(self.fraction, min(fraction, 0.98)), text


@dataclass(frozen=True)
class Study:
    """alive: (A,) numbers of the controls that move something. neutral: (N, 3) float32 where the vertices rest. deltas:
    (A, N, 3) float32, of one unit of each there. mapping: of every control. goal: what the face is looked at by; None
    where there is none. notes: sentences. answer: all that the backend says."""

    character: Character
    alive: np.ndarray
    neutral: np.ndarray
    deltas: np.ndarray
    mapping: ControlMapping
    goal: Goal | None
    notes: tuple[str, ...]
    answer: Result

    @cached_property
    def products(self) -> np.ndarray:
        """(A + C, A + C) of what a unit of each control, and of each of the head's own shapes, does, each vertex by how
        much it counts. There is a goal."""
        assert self.goal is not None
        rows = np.concatenate([self.deltas[:, self.goal.seen], self.goal.shapes]).astype(np.float64)
        rows = (rows * np.sqrt(self.goal.weights[0])[:, None]).reshape(len(rows), -1)
        return rows @ rows.T

    def fits(self, character: Character) -> bool:
        """Whether this is the character that was measured, with the same controls, at rest as it was."""
        known = self.character
        same = (known.rig_uid, known.controls) == (character.rig_uid, character.controls)
        pieces = [[piece.object_uid for piece in one.head.pieces] for one in (known, character)]
        return same and pieces[0] == pieces[1] and np.array_equal(known.head.vertices, character.head.vertices)

    @property
    def names(self) -> list[str]:
        """Of the controls that move something."""
        return [self.character.controls[at].name for at in self.alive]


def studying(
    character: Character, performance: Performance, given: ControlMapping, progress: Progress
) -> Generator[Pose | Question, Any, Study]:
    """The steps. performance: what the controls are to do. given: entries of a mapping that are decided already. Raises
    Refusal."""
    progress(0.0, "Measuring the controls")
    neutral = yield Pose(np.zeros(len(character.controls)))
    deltas = yield from measured(character, neutral, progress)
    alive = np.flatnonzero(np.any(deltas, axis=(1, 2)))
    if len(alive) == 0:
        raise Refusal(
            "dead-rig",
            "No control moves a vertex of the selected meshes.",
            "Select the meshes of the face and the bones that move it, or widen the controls' ranges.",
        )
    progress(0.3, "Solving for the controls")
    answer: Result = yield question(character, alive, deltas[alive], performance, given)
    mapping = from_json(answer.fields["mapping"])
    for one in character.controls:
        mapping.setdefault(one.name, Entry(REST, {}, DEAD))
    notes = [str(note) for note in answer.fields["notes"]]
    if len(alive) < len(character.controls):
        notes.append(
            f"Controls that move nothing here: {len(character.controls) - len(alive)} of {len(character.controls)}"
        )
    return Study(character, alive, neutral, deltas[alive], mapping, read_goal(answer), tuple(notes), answer)


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


def read_goal(answer: Result) -> Goal | None:
    """What the backend's first answer says of the face; None where it has none."""
    if "seen" not in answer.arrays:
        return None
    arrays, regions = answer.arrays, tuple(str(name) for name in answer.fields["regions"])
    return Goal(arrays["seen"], arrays["weights"], regions, arrays["shapes"], arrays["sample"])
