"""A performance as F-curves on the shape keys of a mesh."""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from .curves import NEW_ACTION, Baked, Channel, Placement, write_curves
from .record import our_drivers


@dataclass(frozen=True)
class Animated:
    """What became of one mesh. baked: None where no key fits, or drivers move them all. driven: keys left alone because
    a driver moves them."""

    baked: Baked | None
    driven: tuple[str, ...]


def frame_rate(render: bpy.types.RenderSettings) -> float:
    """A scene's frames per second."""
    return render.fps / render.fps_base


def write_key_values(
    keys: bpy.types.Key,
    action_name: str,
    names: Sequence[str],
    values: np.ndarray,
    frames: np.ndarray,
    placement: Placement = NEW_ACTION,
    error: float = 0.0,
) -> Animated:
    """Animate the keys of these names; other keys stay as they are.

    names: (K,), of keys that are there. values: (T, K). The rest is as write_curves takes it. Raises Refusal as there.
    """
    driven = driven_keys(keys)
    free = [column for column, name in enumerate(names) if name not in driven]
    # A part that follows the head by a driver of ours moves with it.
    skipped = tuple(name for name in names if name in driven - set(our_drivers(keys)))
    if not free:
        return Animated(None, skipped)
    channels = [Channel(value_path(names[column])) for column in free]
    return Animated(write_curves(keys, action_name, channels, frames, values[:, free], placement, error), skipped)


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
