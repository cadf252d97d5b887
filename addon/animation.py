"""A performance as F-curves on the shape keys of a mesh."""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.errors import Refusal
from .blender_version import LINEAR, new_action
from .record import channel_of, our_drivers, recorded_names


@dataclass(frozen=True)
class Animated:
    """What became of one mesh. curves: F-curves written; with none, there is no new action.
    driven: keys left alone because a driver moves them."""

    action: str
    curves: int
    driven: tuple[str, ...]


def frame_rate(render: bpy.types.RenderSettings) -> float:
    """A scene's frames per second."""
    return render.fps / render.fps_base


def write_performance(
    keys: bpy.types.Key, action_name: str, names: Sequence[str], values: np.ndarray, frames: np.ndarray
) -> Animated:
    """Animate the keys of these names in a new action; other keys, and the former action, stay as they are. Keys that
    we built under other names are known by our record.

    names: (C,). values: (T, C). frames: (T,) increasing scene frames, which need not be whole.
    Raises Refusal where the arrays do not fit together.
    """
    values = np.asarray(values, np.float32)
    frames = np.asarray(frames, np.float32)
    if values.shape != (len(frames), len(names)) or not len(frames):
        raise Refusal("bad-performance", "The performance has no frames or no channels.", "Record or export it again.")
    if not (np.isfinite(values).all() and np.isfinite(frames).all()):
        raise Refusal("bad-performance", "The performance has values that are not numbers.", "Export it again.")
    driven = driven_keys(keys)
    called = {channel_of(keys, name): name for name in recorded_names(keys)}
    shown = [called.get(name, name) for name in names]
    present = [
        (column, name)
        for column, name in enumerate(shown)
        if name in keys.key_blocks and keys.key_blocks[name] != keys.reference_key
    ]
    free = [(column, name) for column, name in present if name not in driven]
    # A part that follows the head by a driver of ours moves with it.
    skipped = tuple(name for _, name in present if name in driven - set(our_drivers(keys)))
    if not free:
        return Animated("", 0, skipped)
    action, curves = new_action(keys, action_name)
    for column, name in free:
        fill_curve(curves.new(value_path(name)), frames, values[:, column])
    return Animated(action.name, len(free), skipped)


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


def fill_curve(curve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray) -> None:
    """Give an empty curve its keyframes. frames, values: (T,) float32."""
    points = curve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.stack([frames, values], axis=1).astype(np.float32).reshape(-1))
    points.foreach_set("interpolation", np.full(len(frames), LINEAR, np.uint8))
    # Until it is updated, a curve evaluates as if its points were not sorted.
    curve.update()
