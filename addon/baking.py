"""A performance put onto a character: its keys, and where wanted what turns its head and eyes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import bpy
import numpy as np

from ..backend.errors import Refusal
from .animation import Animated, write_key_values
from .bake_options import BakeOptions
from .choices import Gaze, Rate
from .curves import Baked, check_owners, write_curves
from .face_frame import face_frame, shifts_in_world, turns_in_world
from .key_channels import channels_of
from .pose_curves import Motion, Mover, pivot_of, product, quaternions, turned
from .scene_read import mesh_of
from .takes import Take

if TYPE_CHECKING:
    from ..backend.performance import Performance


@dataclass(frozen=True)
class Result:
    """keys: for each mesh. moved: for each object that the head's motion or the gaze turns."""

    keys: tuple[Animated, ...]
    moved: tuple[Baked, ...]

    @property
    def curves(self) -> int:
        """How many were written."""
        return sum(one.curves for one in self.baked)

    @property
    def baked(self) -> tuple[Baked, ...]:
        """All that was written."""
        return (*(one.baked for one in self.keys if one.baked is not None), *self.moved)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what was left alone or does nothing."""
        driven = sorted({name for one in self.keys for name in one.driven})
        locked = sum(len(one.locked) for one in self.baked)
        hidden = sum(len(one.hidden) for one in self.baked)
        told = [
            f"Keys that drivers move were left alone: {', '.join(driven)}" if driven else "",
            f"{locked} locked curves were left alone" if locked else "",
            f"{hidden} curves do nothing, because keys on top replace them: set the action's blending to Combine"
            if hidden
            else "",
        ]
        return tuple(filter(None, told))


def bake(take: Take, objects: Sequence[bpy.types.Object], fps: float, options: BakeOptions) -> Result:
    """Write a take's curves onto the keys of the objects that are known channels, and onto the movers of the options.
    fps: the scene's frames per second.

    Raises Refusal, with the scene as it was, where no key is known and nothing else is to move, or an option does not
    fit.
    """
    keyed = keyed_data(objects)
    if not keyed and options.head is None and not any(options.eyes):
        raise Refusal(
            "no-keys", "No selected mesh has a key with the name of a channel.", "Build its face shapes first."
        )
    motion = as_wanted(take.motion, options, fps)
    frames = options.start + np.arange(len(motion.weights)) * (fps / motion.fps)
    parts = merged(movements(motion, face_frame(objects, options.front), options))
    check_owners([*keyed, *(part.owner for part in parts)], options.placement)
    chosen = [(keys, *key_values(motion, keys, options.gaze)) for keys in keyed]
    if not parts and not any(names for _, names, _ in chosen):
        raise Refusal("no-keys", "The performance has none of the channels of these keys.", "Choose another one.")
    results = [
        write_key_values(keys, take.name, names, values, frames, options.placement, options.reduce)
        for keys, names, values in chosen
        if names
    ]
    if keyed and not parts and not any(result.baked for result in results):
        raise Refusal("driven", "Drivers move all of these keys.", "Remove the drivers, or animate what they read.")
    moved = [
        write_curves(part.owner, take.name, part.channels, frames, part.values, options.placement, options.reduce)
        for part in parts
    ]
    return Result(tuple(results), tuple(moved))


def as_wanted(motion: "Performance", options: BakeOptions, fps: float) -> "Performance":
    """The performance as the options have it. fps: the scene's. Raises Refusal for options that are none."""
    from ..backend.curve_options import AS_IT_IS, adjusted

    curves = options.curves or AS_IT_IS
    return adjusted(motion, replace(curves, rate=fps) if options.rate is Rate.SCENE else curves)


def keyed_data(objects: Sequence[bpy.types.Object]) -> list[bpy.types.Key]:
    """The Key datablocks of the objects that have keys of known names, each once."""
    found = {}
    for item in objects:
        keys = mesh_of(item).shape_keys
        if keys is not None and channels_of(keys):
            found[keys.session_uid] = keys
    return list(found.values())


def key_values(
    motion: "Performance", keys: bpy.types.Key, gaze: Gaze = Gaze.KEYS
) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of keys (K,) and their values (T, K) float32 under a performance, of those keys whose channels it has. A
    key without a side gets the mean of both."""
    from ..backend.channels import recognise

    known, told = channels_of(keys), {channel for name in motion.names for channel in recognise(name)}
    names = [
        name
        for name, channels in known.items()
        if any(told.intersection(recognise(channel)) for channel in channels)
        and (gaze is not Gaze.MOVERS or not all(channel.startswith("eyeLook") for channel in channels))
    ]
    wanted = tuple(dict.fromkeys(channel for name in names for channel in known[name]))
    weights = motion.named(wanted).weights
    at = {channel: column for column, channel in enumerate(wanted)}
    values = [weights[:, [at[channel] for channel in known[name]]].mean(1) for name in names]
    return tuple(names), np.stack(values, axis=1) if values else np.empty((len(weights), 0), np.float32)


def movements(motion: "Performance", canonical: np.ndarray, options: BakeOptions) -> list[Motion]:
    """What the head's motion and the gaze do to their movers. canonical: (4, 4) from the world. Raises Refusal."""
    found = []
    head = motion.head.astype(np.float64)
    if options.head is not None:
        rotations = quaternions(turns_in_world(canonical, head[:, :3]))
        shifts = None
        if options.head_location:
            turns = matrices(quaternions(head[:, :3]))
            shifts = shifts_in_world(canonical, turns, head[:, 3:], pivot_of(options.head))
        found.append(turned(options.head, rotations, shifts))
    if options.gaze is Gaze.KEYS:
        return found
    for side, eye in enumerate(options.eyes):
        if eye is not None:
            found.append(turned(eye, eye_turns(motion, side, canonical)))
    return found


def eye_turns(motion: "Performance", side: int, canonical: np.ndarray) -> np.ndarray:
    """(T, 4) quaternions w x y z along the world's axes of the left (0) or right (1) eye against the head."""
    yaw, pitch = motion.gaze[:, 2 * side].astype(np.float64), motion.gaze[:, 2 * side + 1].astype(np.float64)
    angles = np.stack([pitch, yaw, motion.torsion[:, side].astype(np.float64)], axis=1)
    x, y, z = (quaternions(np.where(np.arange(3) == axis, angles, 0.0)) for axis in range(3))
    local = product(y, product(x, z))
    return np.concatenate([local[:, :1], turns_in_world(canonical, local[:, 1:])], axis=1)


def matrices(rotations: np.ndarray) -> np.ndarray:
    """(T, 3, 3) of unit quaternions w x y z (T, 4)."""
    w, x, y, z = rotations.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def merged(motions: Sequence[Motion]) -> list[Motion]:
    """One motion per object: head and eyes are often bones of one armature. Raises Refusal where two of them move the
    same thing."""
    found: dict[int, Motion] = {}
    for one in motions:
        before = found.get(one.owner.session_uid)
        if before is not None:
            if set(before.channels) & set(one.channels):
                raise Refusal("twice", "Head and eyes have the same object or bone.", "Choose another for one of them.")
            one = Motion(
                one.owner, (*before.channels, *one.channels), np.concatenate([before.values, one.values], axis=1)
            )
        found[one.owner.session_uid] = one
    return list(found.values())


def movers(*names: tuple[str, str]) -> tuple[Mover | None, ...]:
    """From names of objects and bones; None where the object's is empty."""
    return tuple(Mover(item, bone) if item else None for item, bone in names)
