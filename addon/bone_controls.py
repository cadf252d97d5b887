"""The channels of a rig's control bones, with their locks and limits."""

import math

import bpy

from .controls import Control, Kind, Place, driven_paths

TURN = math.radians(60)
"""How far a bone without a limit turns about an axis."""

GROWTH = 0.5
"""How far the scale of a bone without a limit goes from 1."""

AXES = "xyz"
WHOLE = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}


def bone_controls(
    rig: bpy.types.Object, bones: tuple[str, ...], channels: frozenset[Kind], reach: float
) -> list[Control]:
    """One for each unlocked channel of the bones that no driver moves, within the limits of their constraints in local
    space. reach: how far a bone without a limit goes, in the units of the world."""
    driven = driven_paths(rig)
    scale = max(abs(rig.matrix_world.to_scale()[0]), 1e-9)
    result = []
    for name in bones:
        bone = rig.pose.bones[name]
        place = Place(rig.session_uid, bone.path_from_id())
        whole = WHOLE.get(bone.rotation_mode)
        for kind in (Kind.LOCATION, Kind.ROTATION, Kind.SCALE):
            if kind not in channels or (kind is Kind.LOCATION and bone.bone.use_connect and bone.parent):
                continue
            path = f"{place.path}.{attribute(bone, kind)}"
            for axis in range(3):
                if getattr(bone, f"lock_{kind.lower()}")[axis]:
                    continue
                indices = range(4) if kind is Kind.ROTATION and whole else (axis,)
                if any((path, index) in driven for index in indices):
                    continue
                rest = 1.0 if kind is Kind.SCALE else 0.0
                free = {Kind.LOCATION: reach / scale, Kind.ROTATION: TURN, Kind.SCALE: GROWTH}[kind]
                low, high = limits(bone, kind, axis, rest - free, rest + free)
                if low < high:
                    rest = min(max(rest, low), high)
                    result.append(Control(f"{name}.{kind.lower()}.{AXES[axis]}", kind, (place,), axis, rest, low, high))
    return result


def attribute(bone: bpy.types.PoseBone, kind: Kind) -> str:
    """The property that holds a bone's channel in its rotation mode."""
    if kind is Kind.ROTATION:
        return WHOLE.get(bone.rotation_mode, "rotation_euler")
    return kind.lower()


def limits(bone: bpy.types.PoseBone, kind: Kind, axis: int, low: float, high: float) -> tuple[float, float]:
    """Bounds of a channel by the limit constraints of the bone; low and high where there is none."""
    letter = AXES[axis]
    for constraint in bone.constraints:
        if constraint.type != f"LIMIT_{kind}" or constraint.mute or not constraint.owner_space.startswith("LOCAL"):
            continue
        if kind is Kind.ROTATION:
            if getattr(constraint, f"use_limit_{letter}"):
                low = getattr(constraint, f"min_{letter}")
                high = getattr(constraint, f"max_{letter}")
            continue
        if getattr(constraint, f"use_min_{letter}"):
            low = getattr(constraint, f"min_{letter}")
        if getattr(constraint, f"use_max_{letter}"):
            high = getattr(constraint, f"max_{letter}")
    return low, high


def chosen_bones(rig: bpy.types.Object, collection: str, selected: bool) -> tuple[str, ...]:
    """Names of the bones of a collection, or of the selected ones, or of all that are seen."""
    if collection:
        every = getattr(rig.data, "collections_all", rig.data.collections)
        return tuple(bone.name for bone in every[collection].bones) if collection in every else ()
    return tuple(bone.name for bone in rig.pose.bones if seen(bone) and (not selected or is_selected(bone)))


def seen(bone: bpy.types.PoseBone) -> bool:
    """Whether a bone can be seen and so posed by hand."""
    collections = bone.bone.collections
    shown = not len(collections) or any(getattr(one, "is_visible_effectively", one.is_visible) for one in collections)
    return shown and not bone.bone.hide and not getattr(bone, "hide", False)


def is_selected(bone: bpy.types.PoseBone) -> bool:
    """Blender 5 keeps this with the pose."""
    return bone.select if hasattr(bone, "select") else bone.bone.select
