"""Rotations of a head and of eyes, and a head's translation, as channels of bones and objects."""

from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Euler, Quaternion

from ..backend.errors import Refusal
from .motion import Channel, Motion


@dataclass(frozen=True)
class Mover:
    """What is moved: an object, or one of its bones."""

    object_name: str
    bone: str = ""


def find_mover(mover: Mover) -> bpy.types.Object:
    """The object. Raises Refusal where it, or its bone, is not there, or cannot be turned by curves of ours."""
    item = bpy.data.objects.get(mover.object_name)
    if item is None:
        raise Refusal("no-object", f'There is no object "{mover.object_name}".', "Choose another.")
    if mover.bone and (item.pose is None or mover.bone not in item.pose.bones):
        raise Refusal("no-bone", f'"{item.name}" has no bone "{mover.bone}".', "Choose another.")
    if not mover.bone and item.rotation_mode == "AXIS_ANGLE":
        raise Refusal(
            "axis-angle",
            f'"{item.name}" turns by axis and angle, which has no offset to animate.',
            "Choose another rotation mode for it.",
        )
    return item


def pivot_of(mover: Mover) -> np.ndarray:
    """(3,) float64: the point in the world about which it turns, in rest."""
    item = find_mover(mover)
    if not mover.bone:
        return np.array(item.matrix_world.translation, np.float64)
    head = item.data.bones[mover.bone].head_local
    return np.array(item.matrix_world @ head, np.float64)


def turned(mover: Mover, rotations: np.ndarray, shifts: np.ndarray | None = None) -> Motion:
    """The channels that turn a mover, and shift it where shifts are given, against its rest.

    rotations: (T, 4) unit quaternions w x y z, shifts: (T, 3), both along the world's axes. A bone's pose is its
    distance from rest; of an object the offsets (delta transforms) are animated, so that it stays where it was put.
    Locked channels, and the location of a bone that is connected to its parent, stay as they are. Raises Refusal.
    """
    item = find_mover(mover)
    if mover.bone:
        bone = item.pose.bones[mover.bone]
        frame = item.matrix_world @ bone.bone.matrix_local
        path, prefix, group = f'pose.bones["{bpy.utils.escape_identifier(mover.bone)}"].', "", mover.bone
        free = np.array([not locked for locked in bone.lock_location]) & (not bone.bone.use_connect)
        turns = np.array([not locked for locked in bone.lock_rotation])
        mode = bone.rotation_mode
    else:
        frame = item.parent.matrix_world @ item.matrix_parent_inverse if item.parent else item.matrix_world.Identity(4)
        path, prefix, group = "", "delta_", "Object Transforms"
        free = turns = np.ones(3, bool)
        mode = item.rotation_mode
    axes = np.array(frame.to_quaternion().to_matrix(), np.float64)
    local = _continuous(np.concatenate([rotations[:, :1], rotations[:, 1:] @ axes], axis=1))
    channels: list[Channel] = []
    columns: list[np.ndarray] = []
    name, values = _as_mode(local, mode)
    for index in range(values.shape[1]):
        # Four numbers turn about all axes at once: they are locked where all axes are.
        if turns.any() if values.shape[1] == 4 else turns[index]:
            channels.append(Channel(f"{path}{prefix}{name}", index, group))
            columns.append(values[:, index])
    if shifts is not None:
        places = (shifts @ axes) / max(abs(frame.to_scale()[0]), 1e-12)
        for index in np.flatnonzero(free):
            channels.append(Channel(f"{path}{prefix}location", int(index), group))
            columns.append(places[:, index])
    if not channels:
        raise Refusal(
            "locked", f'All channels of "{mover.bone or item.name}" are locked.', "Unlock them, or choose another."
        )
    return Motion(item, tuple(channels), np.stack(columns, axis=1).astype(np.float32))


def quaternions(vectors: np.ndarray) -> np.ndarray:
    """(T, 4) unit quaternions w x y z of rotation vectors (T, 3), radians."""
    angle = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.concatenate([np.cos(angle / 2), vectors * 0.5 * np.sinc(angle / (2 * np.pi))], axis=1)


def product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(T, 4): the rotation second, then first; both (T, 4)."""
    w, x, y, z = first.T
    a, b, c, d = second.T
    return np.stack(
        [
            w * a - x * b - y * c - z * d,
            w * b + x * a + y * d - z * c,
            w * c - x * d + y * a + z * b,
            w * d + x * c - y * b + z * a,
        ],
        axis=1,
    )


def _continuous(rotations: np.ndarray) -> np.ndarray:
    """The same rotations, each with the sign that is nearest to the one before."""
    flips = np.sign((rotations[1:] * rotations[:-1]).sum(1))
    signs = np.concatenate([[1.0], np.cumprod(np.where(flips == 0, 1.0, flips))])
    return rotations * signs[:, None]


def _as_mode(rotations: np.ndarray, mode: str) -> tuple[str, np.ndarray]:
    """The property that a rotation mode has, and its values (T, 3) or (T, 4)."""
    if mode == "QUATERNION":
        return "rotation_quaternion", rotations
    if mode == "AXIS_ANGLE":
        half = np.linalg.norm(rotations[:, 1:], axis=1)
        axis = np.where(half[:, None] > 1e-9, rotations[:, 1:] / np.maximum(half, 1e-9)[:, None], [0.0, 1.0, 0.0])
        return "rotation_axis_angle", np.column_stack([2 * np.arctan2(half, rotations[:, 0]), axis])
    values = np.empty((len(rotations), 3))
    before = Euler((0, 0, 0), mode)
    for row, rotation in enumerate(rotations):
        before = Quaternion(rotation).to_euler(mode, before)
        values[row] = before
    return "rotation_euler", values
