"""Takes in layers, such as a recording that is spoken: strips of the NLA, each of which adds to those below it."""

from collections.abc import Sequence
from dataclasses import replace

import bpy
import numpy as np

from .bake_options import BakeOptions
from .baking import Result, as_wanted, bake, keyed_data
from .choices import Where
from .curves import Placement
from .layers import baked_strip
from .takes import Take

ALL = ("mouth", "emotion", "blinks", "glances", "brows")
"""In their order; head and eyes that turn go with the first."""


def bake_take(take: Take, objects: Sequence[bpy.types.Object], fps: float, options: BakeOptions) -> Result:
    """Write a take onto objects: its layers where it has some, each into a strip, else all of it as the options say.
    Raises Refusal, as bake does."""
    return (bake_layers if take.layers else bake)(take, objects, fps, options)


def bake_layers(take: Take, objects: Sequence[bpy.types.Object], fps: float, options: BakeOptions) -> Result:
    """Write each of a take's layers into a strip of its own, and take away those of an earlier run that it has not any
    more. Muted strips, and those that were given another influence, stay so. What options do to curves they do to the
    sum: an offset is there once. Raises Refusal, as bake does."""
    results = []
    together = np.zeros_like(take.motion.weights)
    below = 0.0
    for number, (layer, motion) in enumerate(take.layers.items()):
        together = together + motion.weights
        wanted = as_wanted(replace(motion, weights=together), options, fps)
        motion, below = replace(wanted, weights=wanted.weights - below), wanted.weights
        chosen = replace(options, placement=Placement(Where.STRIP), curves=None)
        if number > 0:
            chosen = replace(chosen, head=None, eyes=(None, None))
        fresh = [keys for keys in keyed_data(objects) if baked_strip(keys, strip_name(take, layer)) is None]
        results.append(bake(Take(strip_name(take, layer), motion), objects, fps, chosen))
        for keys in fresh if number > 0 else ():
            strip = baked_strip(keys, strip_name(take, layer))
            if strip is not None:
                strip.blend_type = "ADD"
    for layer in set(ALL) - set(take.layers):
        for keys in keyed_data(objects):
            remove_strip(keys, strip_name(take, layer))
    return Result(tuple(one for result in results for one in result.baked), results[0].driven)


def strip_name(take: Take, layer: str) -> str:
    """What a layer's action is called."""
    return f"{take.name} {layer}"


def remove_strip(keys: bpy.types.Key, name: str) -> None:
    """Take away what was baked under a name."""
    strip = baked_strip(keys, name)
    animation = keys.animation_data
    if strip is None or animation is None:
        return
    for track in list(animation.nla_tracks):
        if strip in track.strips.values():
            track.strips.remove(strip)
            if not track.strips:
                animation.nla_tracks.remove(track)
            return
