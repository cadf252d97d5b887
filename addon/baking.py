"""A performance put onto a character: its keys, and where wanted what turns its head and eyes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import bpy
import numpy as np

from ..backend.errors import Refusal
from .animation import driven_keys, key_motion
from .bake_options import BakeOptions
from .choices import Gaze, Rate
from .counting import counted
from .curves import Baked, write_motions
from .key_channels import channels_of
from .motion import Motion, merged
from .movements import movements
from .record import our_drivers
from .scene_read import mesh_of
from .takes import Take

if TYPE_CHECKING:
    from ..backend.performance import Performance


@dataclass(frozen=True)
class Acting:
    """What a performance has a character do. motions: of its keys, and of what its head and eyes turn. driven: names of
    keys that are left alone because drivers, which are not ours, move them."""

    motions: tuple[Motion, ...]
    driven: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """baked: what was written for each data-block. driven: as in Acting."""

    baked: tuple[Baked, ...]
    driven: tuple[str, ...] = ()

    @property
    def curves(self) -> int:
        """How many were written."""
        return sum(one.curves for one in self.baked)

    @property
    def text(self) -> str:
        """What was written, in a few words."""
        curves = counted(self.curves, "1 curve", "{} curves")
        return f"{curves}, frames {round(self.baked[0].first, 1):g} to {round(self.baked[0].last, 1):g}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what was left alone or does nothing."""
        locked = sum(len(one.locked) for one in self.baked)
        hidden = sum(len(one.hidden) for one in self.baked)
        told = [
            f"Keys that drivers move were left alone: {', '.join(self.driven)}" if self.driven else "",
            counted(locked, "1 locked curve was left alone", "{} locked curves were left alone") if locked else "",
            counted(
                hidden,
                "1 curve does nothing, because keys on top replace it: set the action's blending to Combine",
                "{} curves do nothing, because keys on top replace them: set the action's blending to Combine",
            )
            if hidden
            else "",
        ]
        return tuple(filter(None, told))


def bake(take: Take, objects: Sequence[bpy.types.Object], fps: float, options: BakeOptions) -> Result:
    """Write a take's curves onto the keys of the objects that are known channels, and onto the movers of the options.
    fps: the scene's frames per second. Raises Refusal, with the scene as it was, as acting and write_motions do."""
    motion = as_wanted(take.motion, options, fps)
    acts = acting(motion, objects, options)
    return Result(write_motions(acts.motions, take.name, frames_of(motion, options, fps), options), acts.driven)


def acting(motion: "Performance", objects: Sequence[bpy.types.Object], options: BakeOptions) -> Acting:
    """What a performance, as it is wanted, has the objects and the movers of the options do.

    Raises Refusal where no key is known and nothing else is to move, or an option does not fit.
    """
    keyed = keyed_data(objects)
    if not keyed and options.head is None and not any(options.eyes):
        raise Refusal(
            "no-keys", "No selected mesh has a key with the name of a channel.", "Build its face shapes first."
        )
    moved = movements(motion, objects, options)
    told, driven, motions = False, set(), []
    for keys in keyed:
        names, values = key_values(motion, keys)
        told = told or bool(names)
        # A part that follows the head by a driver of ours moves with it.
        driven |= set(names) & driven_keys(keys) - set(our_drivers(keys))
        one = key_motion(keys, names, values)
        if one is not None:
            motions.append(one)
    if not moved and not told:
        raise Refusal("no-keys", "The performance has none of the channels of these keys.", "Choose another one.")
    if keyed and not moved and not motions:
        raise Refusal("driven", "Drivers move all of these keys.", "Remove the drivers, or animate what they read.")
    return Acting(tuple(merged([*motions, *moved])), tuple(sorted(driven)))


def frames_of(motion: "Performance", options: BakeOptions, fps: float) -> np.ndarray:
    """(T,) the frames of the scene, of fps frames per second, on which the performance's frames lie."""
    return options.start + np.arange(len(motion.weights)) * (fps / motion.fps)


def as_wanted(motion: "Performance", options: BakeOptions, fps: float) -> "Performance":
    """The performance as the options have it; where movers alone turn the eyes, without the eyeLook channels. fps: the
    scene's. Raises Refusal for options that are none."""
    from ..backend.curve_options import AS_IT_IS, adjusted

    curves = options.curves or AS_IT_IS
    motion = adjusted(motion, replace(curves, rate=fps) if options.rate is Rate.SCENE else curves)
    if options.gaze is not Gaze.MOVERS:
        return motion
    kept = [column for column, name in enumerate(motion.names) if not name.startswith("eyeLook")]
    return replace(motion, names=tuple(motion.names[column] for column in kept), weights=motion.weights[:, kept])


def keyed_data(objects: Sequence[bpy.types.Object]) -> list[bpy.types.Key]:
    """The Key datablocks of the objects that have keys of known names, each once."""
    found = {}
    for item in objects:
        keys = mesh_of(item).shape_keys
        if keys is not None and channels_of(keys):
            found[keys.session_uid] = keys
    return list(found.values())


def key_values(motion: "Performance", keys: bpy.types.Key) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of keys (K,) and their values (T, K) float32 under a performance, of those keys whose channels it has. A
    key without a side gets the mean of both."""
    from ..backend.channels import recognise

    known, told = channels_of(keys), {channel for name in motion.names for channel in recognise(name)}
    names = [
        name for name, channels in known.items() if any(told.intersection(recognise(channel)) for channel in channels)
    ]
    wanted = tuple(dict.fromkeys(channel for name in names for channel in known[name]))
    weights = motion.named(wanted).weights
    at = {channel: column for column, channel in enumerate(wanted)}
    values = [weights[:, [at[channel] for channel in known[name]]].mean(1) for name in names]
    return tuple(names), np.stack(values, axis=1) if values else np.empty((len(weights), 0), np.float32)
