"""Another character's animated keys as a performance: the values themselves, with nothing to be encoded."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import bpy
import numpy as np

from ..backend.errors import Refusal
from .animation import frame_rate
from .held import find_objects, find_scene, frame_kept, numbers_of
from .key_channels import channels_of
from .scene_read import mesh_of
from .steps import Step, Steps

if TYPE_CHECKING:
    from ..backend.performance import Performance


def clone_values(
    scene: bpy.types.Scene, objects: Sequence[bpy.types.Object], first: int, last: int
) -> "Steps[Performance]":
    """Step by step, the performance that the known keys of some meshes show in these frames, at the scene's rate.
    Where several meshes have a key of one channel, the first of them counts. Raises Refusal where no key is known."""
    from ..backend.performance import performance

    if last < first:
        raise Refusal("no-frames", "The range ends before it begins.", "Choose other frames.")
    columns: dict[str, tuple[int, str]] = {}
    for number, item in enumerate(objects):
        keys = mesh_of(item).shape_keys
        for name, channels in channels_of(keys).items() if keys is not None else ():
            for channel in channels:
                columns.setdefault(channel, (number, name))
    if not columns:
        raise Refusal(
            "no-keys", "The source has no shape keys of known names.", "Choose another, or clone how its mesh moves."
        )
    read, shown, fps, source = numbers_of(objects), scene.session_uid, frame_rate(scene.render), objects[0].name
    count = last - first + 1
    weights = np.zeros((count, len(columns)), np.float32)
    with frame_kept(scene):
        for row in range(count):
            yield Step(row / count, f"Reading frame {first + row}")
            find_scene(shown).frame_set(first + row)
            keyed = [mesh_of(item).shape_keys for item in find_objects(read)]
            weights[row] = [_value(keyed[number], name) for number, name in columns.values()]
    return performance(tuple(columns), weights, fps, source=source)


def _value(keys: bpy.types.Key | None, name: str) -> float:
    if keys is None or name not in keys.key_blocks:
        raise Refusal("gone", f'The shape key "{name}" is no longer there.', "Start again.")
    return keys.key_blocks[name].value
