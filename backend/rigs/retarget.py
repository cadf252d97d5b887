"""Rig inversion: a Performance onto the controls that a character already has."""

from dataclasses import dataclass, field

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.errors import Refusal
from backend.performance import Performance
from backend.rigs.bent import solve_bent
from backend.rigs.calm import calmed
from backend.rigs.decide import contradictions, decide, twins
from backend.rigs.fields import Fields
from backend.rigs.goal import lead
from backend.rigs.known import Face, face_of
from backend.rigs.mapping import Entry, Mapping, covered
from backend.rigs.refine import Poses
from backend.rigs.rig import Rig
from backend.rigs.solve import solve, spans
from backend.rigs.telling import MOST, telling
from backend.rigs.uses import REST, SOLVE


@dataclass(frozen=True)
class Curves:
    """names: K controls. values: (T, K) float32, within their bounds. fps: frames per second. residual: (T,) float32,
    in the rig's units, how far the face is from what the performance wants, root mean square over the surface.
    regions: the same over each region of the face. wanted: (T,) how far the performance wants the face moved.
    regions_wanted: the same of each region. mapping: which channels each control follows. notes: sentences about what
    is odd or cannot be had."""

    names: tuple[str, ...]
    values: np.ndarray
    fps: float
    residual: np.ndarray
    regions: dict[str, np.ndarray]
    wanted: np.ndarray
    regions_wanted: dict[str, np.ndarray]
    mapping: Mapping
    notes: tuple[str, ...] = field(default=())


def retarget(
    rig: Rig,
    performance: Performance,
    shapes: Shapes | None,
    given: Mapping | None = None,
    drawn: np.ndarray | None = None,
    face: Face | None = None,
) -> Curves:
    """Curves that make a rig perform.

    shapes: the head's own, under ARKit's names; None where it has no face, then only controls follow whose names are
    known. given: entries of a mapping that are decided already, by control; others are ignored. drawn: (K,) bool, the
    controls that may be a shape which an artist drew, and so a channel's match by what they do; all where it is not
    given. Bones are none: they make shapes together. face: what is known of it already, of these shapes.

    Controls that are a channel's match follow it; the rest are solved for, within their bounds, to do what no control
    follows. A channel that is followed wants what its control does, any other what the shape does. Raises Refusal where
    no control can perform anything.
    """
    face = face or face_of(rig, shapes)
    products, carry = (None, None) if face is None else (face.products, face.carry)
    mapping = decide(rig, products, given or {}, drawn, carry)
    if all(entry.use == REST for entry in mapping.values()):
        raise Refusal(*_useless(rig, shapes, mapping))
    channels = performance.named(ARKIT_NAMES).weights.astype(np.float64)
    if products is not None:
        mapping = _spared(rig, products, mapping, channels, given or {})
    led = lead(rig.controls, mapping, channels)
    intended, left = led.intended, led.left
    # Of hundreds of bones' channels most rest: a long clip of them all in doubles would fill the memory.
    values = np.clip(intended, rig.lowest.astype(np.float32), rig.highest.astype(np.float32))
    if products is not None:
        _add_solved(values, rig, products, mapping, left)
    values += rig.rest.astype(np.float32)
    np.clip(values, rig.minimum.astype(np.float32), rig.maximum.astype(np.float32), out=values)
    if products is None:
        gram = {"": _own_products(rig)}
        left = left[:, :0]
    else:
        gram = {"": products.whole, **products.regions}
    moving = (values != rig.rest.astype(np.float32)).any(0) | intended.any(0)
    kept = np.concatenate([moving, np.ones(left.shape[1], bool)])
    gram = {name: one[np.ix_(kept, kept)] for name, one in gram.items()}
    want = np.concatenate([intended[:, moving], left], axis=1)
    off = np.concatenate([values[:, moving] - rig.rest[moving] - intended[:, moving], -left], axis=1)
    residual = {name: _length(off, one) for name, one in gram.items()}
    wanted = {name: _length(want, one) for name, one in gram.items()}
    return Curves(
        rig.controls,
        values,
        performance.fps,
        residual.pop(""),
        residual,
        wanted.pop(""),
        wanted,
        mapping,
        _notes(rig, products, mapping, channels, given or {}),
    )


def solve_again(
    rig: Rig, performance: Performance, shapes: Shapes, mapping: Mapping, poses: Poses, sample: np.ndarray
) -> np.ndarray:
    """(T, K) float32 values from rest that poses of the rig ask for, within its bounds; controls that do not move the
    sample stay. mapping: of every control. sample: (n,) the vertices that were measured, each standing for as much."""
    led = lead(rig.controls, mapping, performance.named(ARKIT_NAMES).weights.astype(np.float64))
    deltas, wanted = rig.deltas[:, sample], shapes.deltas[:, sample]
    usable = np.any(deltas, axis=(1, 2)) & np.array([mapping[name].use == SOLVE for name in rig.controls])
    energy = np.square(np.concatenate([deltas, wanted]), dtype=np.float64).sum(2).mean(1)
    values = solve_bent(spans(rig.lowest, rig.highest, usable, energy), wanted, led, deltas, poses)
    values[:, usable] = calmed(values[:, usable], led.left)
    return np.clip(values, rig.lowest.astype(np.float32), rig.highest.astype(np.float32), out=values)


def _spared(rig: Rig, products: Fields, mapping: Mapping, channels: np.ndarray, given: Mapping) -> Mapping:
    """The mapping with at most MOST controls solved for, and those given. A rig of bones has hundreds of channels, of
    which many do nearly the same, and people edit the curves."""
    usable = np.array([mapping[name].use == SOLVE for name in rig.controls])
    if usable.sum() <= MOST:
        return mapping
    free, gram = spans(rig.lowest, rig.highest, usable, np.diag(products.fair)), products.fair
    kept = {rig.controls[free.control[at]] for at in telling(free, gram, lead(rig.controls, mapping, channels).left)}
    spared = Entry(REST, {}, "others do this")
    return {
        name: spared if entry.use == SOLVE and name not in kept and name not in given else entry
        for name, entry in mapping.items()
    }


def _add_solved(values: np.ndarray, rig: Rig, products: Fields, mapping: Mapping, left: np.ndarray) -> None:
    """Add to values (T, K) how far from rest the controls go that are solved for; what is left: (T, C) channels."""
    usable = np.array([mapping[name].use == SOLVE for name in rig.controls])
    found = solve(spans(rig.lowest, rig.highest, usable, np.diag(products.fair)), products.fair, left)
    values[:, usable] += calmed(found[:, usable], left)


def _own_products(rig: Rig) -> np.ndarray:
    """(K, K) products of what the controls do, mean over all vertices."""
    flat = rig.deltas.reshape(len(rig.deltas), -1).astype(np.float64)
    return flat @ flat.T / rig.deltas.shape[1]


def _length(weights: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """(T,) root mean square length of the displacements of weights (T, n)."""
    return np.sqrt(np.maximum(((weights @ gram) * weights).sum(1), 0.0)).astype(np.float32)


def _notes(
    rig: Rig, products: Fields | None, mapping: Mapping, channels: np.ndarray, given: Mapping
) -> tuple[str, ...]:
    notes = []
    if products is None:
        notes.append("No face was found on the rig, so only controls follow whose names are known")
        active = [name for name, curve in zip(ARKIT_NAMES, channels.T, strict=True) if np.ptp(curve) > 0]
        missing = [name for name in active if name not in covered([*mapping.values()])]
        if missing:
            notes.append(f"No control has the name of {_listed(missing)}")
    else:
        notes += contradictions(rig, products, mapping).values()
        notes += [f"{one} and {other} do the same; they share the work" for one, other in twins(rig, products, mapping)]
    for why in ("does nothing", "unknown name"):
        if names := [name for name, entry in mapping.items() if entry.why == why]:
            notes.append(f"{_listed(names)}: {why}")
    if names := [name for name, entry in mapping.items() if entry.why.startswith("locked")]:
        notes.append(f"{_listed(names)}: locked")
    if strange := [name for name in given if name not in mapping]:
        notes.append(f"The mapping has {_listed(strange)}, which this rig has not")
    return tuple(notes)


def _useless(rig: Rig, shapes: Shapes | None, mapping: Mapping) -> tuple[str, str, str]:
    if (rig.minimum >= rig.maximum).all():
        return "locked-rig", "Every control of the rig is locked.", "Give some of them a minimum below their maximum."
    if not rig.deltas.any():
        return "dead-rig", "No control of the rig moves a vertex.", "Measure the controls on the evaluated mesh again."
    if shapes is None:
        return (
            "no-face",
            "No face was found on the rig, and no control has a name that is known.",
            "Give the mesh that has the face, upright and uncovered, or name what the controls are in a mapping.",
        )
    name, entry = next(iter(mapping.items()))
    sentence = f"No control of the rig is left to use ({name}: {entry.why or REST})."
    return "useless-rig", sentence, "Choose controls of the face, or set some to follow or solve in the mapping."


def _listed(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
