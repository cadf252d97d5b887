"""A recording put onto characters whose keys have lost their names, against what the names would have done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.cloning.shapes import build_shapes
from backend.evaluation.codes import skin_area
from backend.evaluation.keyed_heads import KeyedHead
from backend.evaluation.round_trip import (
    ACTIVE,
    Actor,
    Trip,
    another_character,
    correlations,
    key_rig,
    mesh_alone,
    missed_share,
    same_character,
    unknown_keys,
    unnamed,
)
from backend.geometry.mesh import FaceMesh
from backend.performance import Performance
from backend.rigs.calm import roughness
from backend.rigs.fields import fields
from backend.rigs.mapping import Entry
from backend.rigs.names import named
from backend.rigs.retarget import retarget
from backend.rigs.rig import Rig
from backend.rigs.uses import SOLVE

RECOVERED = 0.9
"""Correlation from which on a channel counts as recovered."""


@dataclass(frozen=True)
class Recovery:
    """Of one way of filling in the curves. missed: share of the motion, root mean square over the mesh by area and over
    the clip. recovered: share of the active channels whose curves correlate by RECOVERED."""

    missed: float
    recovered: float


@dataclass(frozen=True)
class RetargetFigures:
    """One character. ours: with keys named Key.001 and on. named: with their own names. by_names, plain: the simpler
    methods on the keys without names: name matching alone, least squares without bounds. solved: ours where every key
    is solved for, none follows. rough: the roughest curve's second difference against the roughest channel's, of ours
    and of the solved ones. again: the round trip to the same character. built, keyed: the worst of those by another
    character, with the keys that are built for it and with its artist's. unknown: the same where nothing is known of
    the character's keys, share of the motion missed. None where there is no other character."""

    name: str
    controls: int
    active: int
    ours: Recovery
    named: Recovery
    by_names: Recovery
    plain: Recovery
    solved: Recovery
    rough: tuple[float, float]
    again: Trip
    built: Trip | None
    keyed: Trip | None
    unknown: Trip | None
    alone: Trip


def actor(head: KeyedHead, build: Callable[[FaceMesh, str], Shapes] = build_shapes) -> Actor:
    """A character and what the product makes of its mesh. Raises Refusal where it refuses the head."""
    return Actor(head, build(head.mesh, "arkit"), build(head.mesh, "ict"))


def measure_retarget(one: Actor, others: Sequence[Actor], motion: Performance) -> RetargetFigures:
    """Measure one character with an artist's keys, and the ways by others and back."""
    head, shapes = one.head, one.shapes
    truth = motion.named(head.names).weights.astype(np.float64)
    truth = np.clip(truth, 0.0, 1.0)
    renamed = key_rig(head, unnamed(head))
    solving = {name: Entry(SOLVE, {}) for name in renamed.controls}
    solved = retarget(renamed, motion, shapes, solving).values
    ours = retarget(renamed, motion, shapes).values
    area = skin_area(head.mesh, shapes)

    def recovery(values: np.ndarray) -> Recovery:
        recovered = correlations(truth, values) > RECOVERED
        return Recovery(missed_share(head, area, truth, values), float(recovered.mean()))

    channels = motion.named(ARKIT_NAMES).weights
    roughest = float(roughness(channels).max())
    return RetargetFigures(
        head.name,
        len(head.names),
        int((truth.std(0) > ACTIVE).sum()),
        recovery(ours),
        recovery(retarget(key_rig(head, head.names), motion, shapes).values),
        recovery(_by_names(renamed, channels)),
        recovery(_plain(renamed, shapes, channels)),
        recovery(solved),
        (float(roughness(ours).max()) / roughest, float(roughness(solved).max()) / roughest),
        same_character(one, truth, motion.fps),
        _worst([another_character(one, other, truth, motion.fps, False) for other in others]),
        _worst([another_character(one, other, truth, motion.fps, True) for other in others]),
        _worst([unknown_keys(one, other, truth, motion.fps) for other in others]),
        mesh_alone(one, truth, motion.fps),
    )


def _worst(trips: Sequence[Trip]) -> Trip | None:
    """The worst of each figure."""
    if not trips:
        return None
    return Trip(max(one.missed for one in trips), min(one.least for one in trips), min(one.mean for one in trips))


def _by_names(renamed: Rig, channels: np.ndarray) -> np.ndarray:
    """(T, K) curves of the controls whose names are channels; the others stay at rest."""
    values = np.zeros((len(channels), len(renamed.controls)))
    for at, control in enumerate(renamed.controls):
        for channel, share in named(control).items():
            values[:, at] += share * channels[:, ARKIT_NAMES.index(channel)]
    return values


def _plain(renamed: Rig, shapes: Shapes, channels: np.ndarray) -> np.ndarray:
    """(T, K) least squares without bounds, by area, onto the shapes that the channels want."""
    products, count = fields(renamed, shapes), len(renamed.controls)
    gram = products.whole
    wanted = np.linalg.lstsq(gram[:count, :count], gram[:count, count:], rcond=None)[0]
    return channels @ wanted.T
