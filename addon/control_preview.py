"""One frame of a performance on a character's own controls, solved for at once from what was measured before.

It is the solve of the backend, for one frame. Where bones bend it is put right by looking at the mesh, with what the
controls do at rest for what they do there (the chord method): a whole bake measures them again, which takes longer.
"""

import numpy as np

from ..backend.channels import ARKIT_NAMES
from ..backend.performance import Performance
from ..backend.rigs.bent import solve_bent
from ..backend.rigs.goal import Goal, Lead, lead
from ..backend.rigs.mapping import Mapping as ControlMapping
from ..backend.rigs.refine import Poses
from ..backend.rigs.solve import Spans, solve, spans
from ..backend.rigs.uses import REST, SOLVE
from .control_curves import control_motions
from .controls import Kind
from .motion import Motion
from .puppet import puppet
from .studying import Study

LOOKS = 3
"""Times that the mesh is looked at."""


def frame_motions(study: Study, given: ControlMapping, frame: Performance) -> list[Motion]:
    """What the character's controls are to do in a performance of one frame. given: what is decided otherwise than in
    the study. Raises Refusal where something of the character is gone."""
    mapping = study.mapping | {name: entry for name, entry in given.items() if name in study.mapping}
    values = frame_values(study, mapping, frame)
    used = np.array([mapping[one.name].use != REST for one in study.character.controls])
    return control_motions(study.character, values[None] + study.character.rest, used)


def frame_values(study: Study, mapping: ControlMapping, frame: Performance) -> np.ndarray:
    """(K,) from rest, within the bounds."""
    character, alive, goal = study.character, study.alive, study.goal
    low, high = character.minimum[alive], character.maximum[alive]
    led = lead(study.names, mapping, frame.named(ARKIT_NAMES).weights.astype(np.float64))
    values = np.clip(led.intended, low, high)
    whole = np.zeros(len(character.controls))
    if goal is not None:
        usable = np.array([mapping[name].use == SOLVE for name in study.names])
        free = spans(low, high, usable, np.diag(study.products))
        if any(character.controls[at].kind is not Kind.KEY for at in alive):
            values = bent_values(study, goal, free, led, values)
        else:
            values = values + solve(free, study.products, led.left)
    whole[alive] = np.clip(values[0], low, high)
    return whole


def bent_values(study: Study, goal: Goal, free: Spans, led: Lead, start: np.ndarray) -> np.ndarray:
    """(1, A) values from start, where the followers go, looked at on the scene and solved for again as long as that
    helps."""
    seen = study.deltas[:, goal.seen]
    wanted, shapes, deltas = led.wanted(slice(None), goal, seen), goal.shapes[:, goal.sample], seen[:, goal.sample]
    nowhere = Poses(start[:0], np.zeros((0, *deltas.shape[1:])), np.zeros((0, *deltas.shape)), start)
    values = solve_bent(free, shapes, led, deltas, nowhere)
    least, best = np.inf, start
    with puppet(study.character) as show:
        for _ in range(LOOKS):
            whole = np.zeros(len(study.character.controls))
            whole[study.alive] = values[0]
            motion = (show(whole) - study.neutral)[goal.seen]
            missed = float(goal.missed(motion[None], wanted)[0, 0])
            if missed >= least:
                break
            least, best = missed, values
            here = Poses(values, motion[None, goal.sample], deltas[None], values)
            values = solve_bent(free, shapes, led, deltas, here)
    return best
