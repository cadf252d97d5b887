"""What differs between the Blender releases we support, by testing for the feature and not for the number."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import bpy

from ..backend.errors import Refusal

LINEAR = 1
"""Linear interpolation of a keyframe, as foreach_set takes it."""


class Curves(Protocol):
    """A collection of F-curves: an action's own before Blender 4.4, a slot's channel bag since."""

    def new(self, data_path: str, *, index: int = 0) -> bpy.types.FCurve:
        """Add an F-curve."""
        ...

    def find(self, data_path: str, *, index: int = 0) -> bpy.types.FCurve | None:
        """The F-curve of this path and index."""
        ...

    def __iter__(self) -> Iterator[bpy.types.FCurve]: ...


class Groups(Protocol):
    """The named groups of such a collection."""

    def new(self, name: str, /) -> bpy.types.ActionGroup:
        """Add a group."""
        ...

    def get(self, name: str, /) -> bpy.types.ActionGroup | None:
        """The group of this name."""
        ...


@dataclass(frozen=True)
class Part:
    """What of an action moves one data-block. slot: None where actions have no slots."""

    action: bpy.types.Action
    slot: "bpy.types.ActionSlot | None"
    curves: Curves
    groups: Groups


def check_action(owner: bpy.types.ID, action: bpy.types.Action, slot_name: str = "") -> None:
    """Raises Refusal where an action, or its slot of this name, cannot take the owner's curves."""
    if not action.is_editable:
        raise Refusal("linked", f'The action "{action.name}" is linked from another file.', "Choose another action.")
    if not hasattr(action, "slots"):
        # A flat action is for one kind of data, and for any as long as it is empty.
        fits = not len(action.fcurves) or action.id_root in ("", owner.id_type)
    else:
        named = [slot for slot in action.slots if slot_name in (slot.name_display, slot.identifier)]
        fits = not named or any(_takes(slot, owner) for slot in named)
    if not fits:
        raise Refusal(
            "other-kind",
            f'The action "{action.name}" does not animate data like "{owner.name}".',
            "Choose another action or slot, or a new one.",
        )


def part_of(owner: bpy.types.ID, action: bpy.types.Action, slot_name: str = "") -> Part:
    """The part that moves the owner of an action that was checked; a slot, its layer and strip are made where they are
    missing.

    slot_name: the slot's, or empty for the one that the owner uses, or else one of the owner's name. Nothing is
    assigned.
    """
    if not hasattr(action, "slots"):
        action.id_root = owner.id_type
        return Part(action, None, action.fcurves, action.groups)
    slot = _find_slot(owner, action, slot_name)
    if slot is None:
        kind: Any = owner.id_type
        slot = action.slots.new(kind, slot_name or owner.name)
    if not action.layers:
        action.layers.new("Layer")
    if not any(isinstance(strip, bpy.types.ActionKeyframeStrip) for strip in action.layers[0].strips):
        action.layers[0].strips.new(type="KEYFRAME")
    bag = next(channelbags(action, slot, ensure=True))
    return Part(action, slot, bag.fcurves, bag.groups)


def _find_slot(owner: bpy.types.ID, action: bpy.types.Action, name: str) -> "bpy.types.ActionSlot | None":
    animation = owner.animation_data
    if not name and animation is not None and animation.action == action and animation.action_slot is not None:
        return animation.action_slot
    wanted = name or owner.name
    return next((s for s in action.slots if wanted in (s.name_display, s.identifier) and _takes(s, owner)), None)


def _takes(slot: "bpy.types.ActionSlot", owner: bpy.types.ID) -> bool:
    return slot.target_id_type in (owner.id_type, "UNSPECIFIED")


def assign(owner: bpy.types.ID, part: Part) -> None:
    """Have the owner play this part of an action; its former action stays in the file.

    With slots, curves do nothing until the owner is told which slot is its own.
    """
    animation = owner.animation_data or owner.animation_data_create()
    former = animation.action
    if former is not None and former != part.action and former.users == 1:
        former.use_fake_user = True
    animation.action = part.action
    if part.slot is not None:
        animation.action_slot = part.slot


def assign_to_strip(strip: bpy.types.NlaStrip, part: Part) -> None:
    """The same for a strip of the NLA."""
    strip.action = part.action
    if part.slot is not None:
        strip.action_slot = part.slot


def curves_slot(animation: bpy.types.AnimData) -> "bpy.types.ActionSlot | None":
    """The slot that plays; None without one, and where actions have none."""
    return getattr(animation, "action_slot", None)


def curves_of(owner: bpy.types.ID) -> list[bpy.types.FCurve]:
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


def draw_linear_texture(texture: Any, corner: tuple[float, float], width: float, height: float) -> None:
    """Draw a texture of linear colours onto the region of a POST_PIXEL handler, from its lower left corner on. Blender
    has these handlers write linear colours at first, and later sRGB, which it then wants to be told."""
    from inspect import signature

    from gpu_extras.presets import draw_texture_2d

    told = "is_scene_linear_with_rec709_srgb_target"
    draw_texture_2d(
        texture, corner, width, height, **({told: True} if told in signature(draw_texture_2d).parameters else {})
    )
