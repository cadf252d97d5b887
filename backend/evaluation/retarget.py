"""A recording put onto characters whose keys have lost their names, against what the names would have done."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.cloning.code_fit import weighted
from backend.cloning.encode import encode
from backend.cloning.result import Shapes
from backend.cloning.shapes import build_shapes
from backend.evaluation.codes import skin_area
from backend.evaluation.keyed_heads import KeyedHead
from backend.frames import frames_from_array
from backend.geometry.mesh import FaceMesh
from backend.performance import Performance
from backend.rigs.calm import roughness
from backend.rigs.fields import fields
from backend.rigs.mapping import Entry
from backend.rigs.names import named
from backend.rigs.retarget import retarget
from backend.rigs.rig import Rig, rig
from backend.rigs.uses import SOLVE

ACTIVE = 0.01
"""Standard deviation from which on a channel's curve says something."""

RECOVERED = 0.9
"""Correlation from which on a channel counts as recovered."""

ROUND_TRIP = 200
"""Frames of the round trip."""


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
    is solved for, none follows. rough: the roughest curve's second difference against the roughest channel's, of the
    solved ones. frames_per_second: of the solve. round_trip: share of the motion missed and the least and the mean
    correlation of the active channels that clip, curves, vertices and clip again have."""

    name: str
    controls: int
    active: int
    ours: Recovery
    named: Recovery
    by_names: Recovery
    plain: Recovery
    solved: Recovery
    rough: float
    frames_per_second: float
    round_trip: tuple[float, float, float]


def product_shapes(mesh: FaceMesh) -> Shapes:
    """The shapes that the verb retarget measures a rig with."""
    return build_shapes(mesh, "arkit")


def measure_retarget(
    head: KeyedHead, motion: Performance, build: Callable[[FaceMesh], Shapes] = product_shapes
) -> RetargetFigures:
    """Measure one character with an artist's keys. Raises Refusal where the product refuses the head."""
    shapes = build(head.mesh)
    truth = motion.named(head.names).weights.astype(np.float64)
    truth = np.clip(truth, 0.0, 1.0)
    renamed = _rig(head, tuple(f"Key.{number:03}" for number in range(1, len(head.names) + 1)))
    solving = {name: Entry(SOLVE, {}) for name in renamed.controls}
    started = time.perf_counter()
    solved = retarget(renamed, motion, shapes, solving)
    seconds = time.perf_counter() - started
    ours = retarget(renamed, motion, shapes).values

    def recovery(values: np.ndarray) -> Recovery:
        return _recovery(head, skin_area(head.mesh, shapes), truth, values)

    channels = motion.named(ARKIT_NAMES).weights
    return RetargetFigures(
        head.name,
        len(head.names),
        int((truth.std(0) > ACTIVE).sum()),
        recovery(ours),
        recovery(retarget(_rig(head, head.names), motion, shapes).values),
        recovery(_by_names(renamed, channels)),
        recovery(_plain(renamed, shapes, channels)),
        recovery(solved.values),
        float(roughness(solved.values).max() / roughness(channels).max()),
        len(truth) / seconds,
        _round_trip(head, shapes, ours, motion.fps),
    )


def _rig(head: KeyedHead, names: tuple[str, ...]) -> Rig:
    return rig(head.mesh, names, head.keys, np.zeros(len(names)), np.ones(len(names)))


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


def _recovery(head: KeyedHead, area: np.ndarray, truth: np.ndarray, values: np.ndarray) -> Recovery:
    """truth, values: (T, K) of the same keys. area: (N,)."""
    flat = weighted(head.keys.astype(np.float64), area)
    gram = flat @ flat.T
    off = values - truth
    missed = np.sqrt(((off @ gram) * off).sum() / ((truth @ gram) * truth).sum())
    related = _correlations(truth, values)
    return Recovery(float(missed), float((related > RECOVERED).mean()))


def _correlations(truth: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Of the curves (T, K) of the channels that are active."""
    active = np.flatnonzero(truth.std(0) > ACTIVE)
    pairs = zip(truth[:, active].T, values[:, active].T.astype(np.float64), strict=True)
    return np.array([np.corrcoef(one, other)[0, 1] if other.std() > 1e-9 else 0.0 for one, other in pairs])


def _round_trip(head: KeyedHead, shapes: Shapes, values: np.ndarray, fps: float) -> tuple[float, float, float]:
    """Curves baked to vertices, read again with the character's own keys, and put onto the keys again."""
    some = values[np.linspace(0, len(values) - 1, ROUND_TRIP).astype(int)].astype(np.float64)
    baked = head.mesh.vertices + np.tensordot(some, head.keys, axes=1)
    own = replace(shapes, names=head.names, deltas=head.keys)
    read = encode(head.mesh, frames_from_array(baked, fps), own).performance
    again = retarget(_rig(head, head.names), read, shapes).values
    area = skin_area(head.mesh, shapes)
    related = _correlations(some, again)
    return _recovery(head, area, some, again).missed, float(related.min()), float(related.mean())
