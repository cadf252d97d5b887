"""The keyframes of an F-curve as arrays, read and written all at once."""

import bpy
import numpy as np

from .blender_version import LINEAR

# What a keyframe is made of, with the number of values and the type that make foreach_set fast.
FIELDS: tuple[tuple[str, int, type], ...] = (
    ("co", 2, np.float32),
    ("handle_left", 2, np.float32),
    ("handle_right", 2, np.float32),
    ("handle_left_type", 1, np.uint8),
    ("handle_right_type", 1, np.uint8),
    ("interpolation", 1, np.uint8),
    ("easing", 1, np.uint8),
    ("type", 1, np.uint8),
    ("amplitude", 1, np.float32),
    ("back", 1, np.float32),
    ("period", 1, np.float32),
)

Keyframes = dict[str, np.ndarray]
"""The fields of T keyframes, each (T,) or (T, 2)."""


def key_points(curve: bpy.types.FCurve) -> np.ndarray:
    """(T, 2) float32: frame and value of every keyframe."""
    points = np.empty(2 * len(curve.keyframe_points), np.float32)
    curve.keyframe_points.foreach_get("co", points)
    return points.reshape(-1, 2)


def fill_curve(curve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray) -> None:
    """Give a curve these keyframes, linear between them, instead of those it has. frames, values: (T,) float32."""
    points = curve.keyframe_points
    if len(points):
        points.clear()
    points.add(len(frames))
    points.foreach_set("co", np.stack([frames, values], axis=1).astype(np.float32).reshape(-1))
    points.foreach_set("interpolation", np.full(len(frames), LINEAR, np.uint8))
    # Until it is told so, a curve evaluates as if its points were not sorted. curve.update() would compute handles too,
    # which takes longer than all the rest: linear keys do without, and Blender makes them with any other interpolation.
    points.sort()


def merge_curve(curve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray) -> None:
    """Give a curve these keyframes instead of those it has from the first to the last of them; the others stay as they
    are, with their handles. frames, values: (T,) float32, increasing frames."""
    before = read_keyframes(curve)
    at = before["co"][:, 0]
    kept = {name: field[(at < frames[0]) | (at > frames[-1])] for name, field in before.items()}
    fill_curve(curve, frames, values)
    if not len(kept["co"]):
        return
    ours = read_keyframes(curve)
    order = np.argsort(np.concatenate([kept["co"][:, 0], ours["co"][:, 0]]), kind="stable")
    curve.keyframe_points.add(len(kept["co"]))
    for name, field in ours.items():
        both = np.concatenate([kept[name], field])[order]
        curve.keyframe_points.foreach_set(name, np.ascontiguousarray(both).reshape(-1))
    curve.update()


def read_keyframes(curve: bpy.types.FCurve) -> Keyframes:
    """All that a curve's keyframes are."""
    count = len(curve.keyframe_points)
    found = {}
    for name, size, kind in FIELDS:
        field = np.empty(count * size, kind)
        curve.keyframe_points.foreach_get(name, field)
        found[name] = field.reshape(count, 2) if size == 2 else field
    return found
