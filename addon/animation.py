"""Values over time of a mesh's shape keys."""

from collections.abc import Sequence

import bpy
import numpy as np

from .motion import Channel, Motion


def frame_rate(render: bpy.types.RenderSettings) -> float:
    """A scene's frames per second."""
    return render.fps / render.fps_base


def key_motion(keys: bpy.types.Key, names: Sequence[str], values: np.ndarray) -> Motion | None:
    """Of keys of these names (K,) that are there, those that no driver moves; None where there are none. values:
    (T, K)."""
    driven = driven_keys(keys)
    free = [column for column, name in enumerate(names) if name not in driven]
    if not free:
        return None
    return Motion(keys, tuple(Channel(value_path(names[column])) for column in free), values[:, free])


def value_path(name: str) -> str:
    """The data path of a key's value on its Key datablock."""
    return f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'


def driven_keys(keys: bpy.types.Key) -> set[str]:
    """Names of the keys whose value a driver sets."""
    animation = keys.animation_data
    if animation is None:
        return set()
    paths = {driver.data_path for driver in animation.drivers}
    return {block.name for block in keys.key_blocks if value_path(block.name) in paths}
