"""Motion that goes from a character's curves to vertices, to a performance, and back onto the character: how much of it
returns."""

from dataclasses import dataclass, replace

import numpy as np

from backend.cloning.code_fit import weighted
from backend.cloning.dialects import dialects
from backend.cloning.encode import encode
from backend.cloning.result import Shapes
from backend.evaluation.codes import skin_area
from backend.evaluation.keyed_heads import KeyedHead
from backend.frames import Frames, frames_from_array
from backend.performance import Performance
from backend.rigs.key_channels import measured_keys
from backend.rigs.retarget import retarget
from backend.rigs.rig import Rig, rig
from backend.rigs.traced import retarget_traced

ACTIVE = 0.01
"""Standard deviation from which on a channel's curve says something."""

FRAMES = 200
"""Of a trip."""


@dataclass(frozen=True)
class Trip:
    """missed: share of the motion that does not return, root mean square over the skin by area and over the clip.
    least, mean: correlation of the active channels' curves; of those alone that every head on the way can show."""

    missed: float
    least: float
    mean: float


@dataclass(frozen=True)
class Actor:
    """A character with an artist's keys, and what the product made of its mesh: shapes under ARKit's names, and under
    ICT-FaceKit's, which clips of unknown making are read with. Both have the product's own keys."""

    head: KeyedHead
    shapes: Shapes
    codes: Shapes

    @property
    def keyed(self) -> Shapes:
        """The artist's keys in the place of the shapes."""
        return replace(self.shapes, names=self.head.names, deltas=self.head.keys)


def key_rig(head: KeyedHead, names: tuple[str, ...]) -> Rig:
    """The artist's keys as controls of these names, from 0 to 1."""
    return rig(head.mesh, names, head.keys, np.zeros(len(names)), np.ones(len(names)))


def correlations(truth: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Of the curves (T, K) of the channels that are active in truth; 0 for a curve that is still."""
    active = np.flatnonzero(truth.std(0) > ACTIVE)
    pairs = zip(truth[:, active].T, values[:, active].T.astype(np.float64), strict=True)
    return np.array([np.corrcoef(one, other)[0, 1] if other.std() > 1e-9 else 0.0 for one, other in pairs])


def missed_share(head: KeyedHead, area: np.ndarray, truth: np.ndarray, values: np.ndarray) -> float:
    """Of the motion that an artist's keys make under truth (T, K) what values (T, K) miss. area: (N,)."""
    flat = weighted(head.keys.astype(np.float64), area)
    gram = flat @ flat.T
    off = values - truth
    return float(np.sqrt(((off @ gram) * off).sum() / ((truth @ gram) * truth).sum()))


def some_frames(values: np.ndarray) -> np.ndarray:
    """(FRAMES, K) evenly over a clip's values (T, K)."""
    return values[np.linspace(0, len(values) - 1, FRAMES).astype(int)].astype(np.float64)


def same_character(actor: Actor, values: np.ndarray, fps: float) -> Trip:
    """Curves (T, K) of the artist's keys baked to vertices, read with these keys, and put onto them again."""
    truth = some_frames(values)
    read = encode(actor.head.mesh, _baked(actor.keyed, truth, fps), actor.keyed).performance
    return _returned(actor, truth, read, np.ones(truth.shape[1], bool))


def another_character(actor: Actor, other: Actor, values: np.ndarray, fps: float, keyed: bool) -> Trip:
    """The same by way of another character: what is read from the first plays on the other, with the artist's keys that
    it has (keyed) or with those that the product builds; its vertices are read again, and that goes back onto the
    first. Channels that move nothing of the other, as a tongue where there is none, are lost to every way and not
    asked for."""
    truth = some_frames(values)
    read = encode(actor.head.mesh, _baked(actor.keyed, truth, fps), actor.keyed).performance
    keys = other.keyed if keyed else other.shapes
    played = np.clip(read.named(keys.names).weights, 0.0, 1.0)
    again = encode(other.head.mesh, _baked(keys, played, fps), keys).performance
    shown = {name for name, delta in zip(keys.names, keys.deltas, strict=True) if delta.any()}
    return _returned(actor, truth, again, np.array([name in shown for name in actor.head.names]))


def unknown_keys(actor: Actor, other: Actor, values: np.ndarray, fps: float) -> Trip:
    """The same by way of another character where no key of either has a name that says anything: what they do tells
    which channels they are, both to the reader of clips and to the retarget."""
    truth = some_frames(values)
    read = encode(actor.head.mesh, _baked(actor.keyed, truth, fps), _recognised(actor)).performance
    played = retarget(key_rig(other.head, unnamed(other.head)), read, other.shapes).values
    again = encode(other.head.mesh, _baked(other.keyed, played, fps), _recognised(other)).performance
    shown = np.array([name in other.head.names for name in actor.head.names])
    return _returned(actor, truth, again, shown, unnamed(actor.head))


def mesh_alone(actor: Actor, values: np.ndarray, fps: float) -> Trip:
    """A clip of a character of which its reader knows the mesh and no keys, back onto its artist's keys without their
    names: the codes are ours, which is not quite what the artist means, but the trace says what the mesh did."""
    truth = some_frames(values)
    clip = _baked(actor.keyed, truth, fps)
    read = encode(actor.head.mesh, clip, actor.codes, dialects(), traced=True).performance
    return _returned(actor, truth, read, np.ones(truth.shape[1], bool), unnamed(actor.head))


def unnamed(head: KeyedHead) -> tuple[str, ...]:
    """Names that say nothing, one for each key."""
    return tuple(f"Key.{number:03}" for number in range(1, len(head.names) + 1))


def _recognised(actor: Actor) -> Shapes:
    """The artist's keys under the channels that they are found to be."""
    names, deltas = measured_keys(actor.head.mesh, (unnamed(actor.head), actor.head.keys), actor.shapes)
    return replace(actor.shapes, names=names, deltas=deltas)


def _baked(keys: Shapes, values: np.ndarray, fps: float) -> Frames:
    """The vertices under values (T, K) of keys."""
    posed = keys.vertices + np.tensordot(values, keys.deltas, axes=1)
    return frames_from_array(posed.astype(np.float32), fps)


def _returned(
    actor: Actor, truth: np.ndarray, read: Performance, asked: np.ndarray, names: tuple[str, ...] = ()
) -> Trip:
    """names: of the keys; the artist's where they are not given."""
    again = retarget_traced(key_rig(actor.head, names or actor.head.names), read, actor.shapes).values
    area = skin_area(actor.head.mesh, actor.shapes)
    related = correlations(truth[:, asked], again[:, asked])
    return Trip(missed_share(actor.head, area, truth, again), float(related.min()), float(related.mean()))
