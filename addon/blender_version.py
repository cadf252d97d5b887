"""What differs between the Blender releases we support, by testing for the feature and not for the number."""

from collections.abc import Iterator
from typing import Protocol

import bpy

LINEAR = 1
"""Linear interpolation of a keyframe, as foreach_set takes it."""


class Curves(Protocol):
    """A collection of F-curves: an action's own before Blender 4.4, a slot's channel bag since."""

    def new(self, data_path: str, *, index: int = 0) -> bpy.types.FCurve:
        """Add an F-curve."""
        ...


Animatable = bpy.types.Key | bpy.types.Object


def new_action(owner: Animatable, name: str) -> tuple[bpy.types.Action, Curves]:
    """Give the owner a new action and return it with its empty curves; the former action stays in the file.

    With slots, the curves do nothing until the owner is told which slot is its own, so that is done here.
    """
    animation = owner.animation_data or owner.animation_data_create()
    former = animation.action
    if former is not None and former.users == 1:
        former.use_fake_user = True
    action = bpy.data.actions.new(name)
    animation.action = action
    if not hasattr(action, "slots"):
        return action, action.fcurves
    slot = action.slots.new(owner.id_type, owner.name)
    animation.action_slot = slot
    action.layers.new("Layer").strips.new(type="KEYFRAME")
    return action, next(channelbags(action, slot, ensure=True)).fcurves


def curves_of(owner: Animatable) -> list[bpy.types.FCurve]:
    """The F-curves of the owner's current action."""
    animation = owner.animation_data
    if animation is None or animation.action is None:
        return []
    action = animation.action
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    if animation.action_slot is None:
        return []
    return [curve for bag in channelbags(action, animation.action_slot) for curve in bag.fcurves]


def channelbags(
    action: bpy.types.Action, slot: "bpy.types.ActionSlot", ensure: bool = False
) -> "Iterator[bpy.types.ActionChannelbag]":
    """Where a slotted action keeps the curves of a slot, strip by strip; made where missing if ensure."""
    for layer in action.layers:
        for strip in layer.strips:
            if isinstance(strip, bpy.types.ActionKeyframeStrip):
                bag = strip.channelbag(slot, ensure=ensure)
                if bag is not None:
                    yield bag
