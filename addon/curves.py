"""Values over time written as F-curves onto any data-block: shape keys, pose bones, custom properties."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import bpy
import numpy as np

from ..backend.errors import Refusal
from ..backend.key_reduction import keys_within
from .blender_version import Part, assign, check_action, part_of
from .choices import Where
from .counting import counted
from .keyframes import fill_curve, key_points, merge_curve
from .layers import hidden_paths, put_strip, strip_action
from .motion import Channel, Motion

if TYPE_CHECKING:
    from .bake_options import BakeOptions


@dataclass(frozen=True)
class Placement:
    """Where curves go, and into which action: its name and its slot's, for REPLACE, RANGE and APPEND. Without one it is
    the owner's current action, or a new one where it has none; without a slot it is the owner's own."""

    where: Where = Where.NEW
    action: str = ""
    slot: str = ""


NEW_ACTION = Placement()


@dataclass(frozen=True)
class Baked:
    """What was written for one owner. action: its name. curves: their number. first, last: frames of the scene. locked:
    channels left alone because their curves are locked. hidden: channels whose new curves do nothing because the
    owner's own action replaces them."""

    action: str
    curves: int
    first: float
    last: float
    locked: tuple[Channel, ...] = ()
    hidden: tuple[Channel, ...] = ()

    @property
    def summary(self) -> str:
        """What was written and where."""
        curves = counted(self.curves, "1 curve", "{} curves")
        return f"{curves} in {self.action}, frames {round(self.first, 1):g} to {round(self.last, 1):g}"


def write_motions(
    motions: Sequence[Motion], name: str, frames: np.ndarray, options: "BakeOptions"
) -> tuple[Baked, ...]:
    """Write the motions of several data-blocks, of which each is there once, as write_curves does. frames: (T,) of the
    scene. What is appended begins on the same frame for all. Raises Refusal, with everything as it was."""
    placement = options.placement
    check_owners([one.owner for one in motions], placement)
    if placement.where is Where.APPEND:
        first = max(_appended_at(one.owner, placement) for one in motions)
        frames, placement = frames + (first - frames[0]), replace(placement, where=Where.RANGE)
    return tuple(
        write_curves(one.owner, name, one.channels, frames, one.values, placement, options.reduce, one.scale)
        for one in motions
    )


def write_curves(
    owner: bpy.types.ID,
    name: str,
    channels: Sequence[Channel],
    frames: np.ndarray,
    values: np.ndarray,
    placement: Placement = NEW_ACTION,
    error: float = 0.0,
    scale: np.ndarray | None = None,
) -> Baked:
    """Write one curve per channel, all keyframes at once, linear between them, and have the owner play them.

    owner: whatever the paths start from; for shape keys the Key datablock, for pose bones the armature's object. name:
    of a new action; a strip of the same name is baked anew, and keeps its place, scale and influence in the NLA.
    channels: (C,), each once. frames: (T,) increasing frames of the scene, which need not be whole. values: (T, C).
    error: how far curves with fewer keyframes may be from these; 0 to write all. scale: (C,), what it is a share of;
    None for 1. APPEND moves them behind the action's last key. Other curves of the action stay as they are, and so do
    the drivers and modifiers of these.
    Raises Refusal, with everything as it was, where arrays, owner, action or slot do not fit.
    """
    frames, values = checked(channels, frames, values)
    check_owners([owner], placement)
    part = _chosen_part(owner, name, placement)
    if placement.where is Where.APPEND:
        frames = frames + np.float32(next_frame(part) - frames[0])
    kept = keys_within(values / (1.0 if scale is None else scale), error) if error else np.ones(values.shape, bool)
    locked = []
    for column, channel in enumerate(channels):
        curve = part.curves.find(channel.path, index=channel.index)
        if curve is None:
            curve = part.curves.new(channel.path, index=channel.index)
            _list_under(part, curve, channel.group)
        elif curve.lock:
            locked.append(channel)
            continue
        write = merge_curve if placement.where in (Where.RANGE, Where.APPEND) else fill_curve
        write(curve, frames[kept[:, column]], values[kept[:, column], column])
    hidden = ()
    if placement.where is Where.STRIP:
        put_strip(owner, part, float(frames[0]), float(frames[-1]))
        covered = hidden_paths(owner)
        hidden = tuple(one for one in channels if (one.path, one.index) in covered)
    else:
        assign(owner, part)
    return Baked(
        part.action.name, len(channels) - len(locked), float(frames[0]), float(frames[-1]), tuple(locked), hidden
    )


def checked(channels: Sequence[Channel], frames: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frames (T,) and values (T, C) as float32. Raises Refusal where they do not fit together."""
    with np.errstate(over="ignore"):
        frames, values = np.asarray(frames, np.float32), np.asarray(values, np.float32)
    if values.shape != (len(frames), len(channels)) or not values.size:
        raise Refusal("bad-performance", "The performance has no frames or no channels.", "Record or export it again.")
    if not (np.isfinite(values).all() and np.isfinite(frames).all()):
        raise Refusal("bad-performance", "The performance has values that are not numbers.", "Export it again.")
    if len({(one.path, one.index) for one in channels}) != len(channels):
        raise Refusal("bad-performance", "The performance has a channel twice.", "Export it again.")
    if not (np.diff(frames) > 0).all():
        raise Refusal("bad-performance", "The frames of the performance do not follow each other.", "Export it again.")
    return frames, values


def check_owners(owners: Sequence[bpy.types.ID], placement: Placement) -> None:
    """Raises Refusal where curves cannot be placed so for one of the owners."""
    for owner in owners:
        if not owner.is_editable:
            raise Refusal(
                "linked",
                f'"{owner.name}" is linked from another file.',
                "Make it local, or override it: Object > Relations.",
            )
        if owner.animation_data is not None and owner.animation_data.use_tweak_mode:
            raise Refusal(
                "tweak-mode", f'A strip of "{owner.name}" is being tweaked.', "Leave tweak mode in the NLA first."
            )
        action = _present_action(owner, placement)
        if action is not None:
            check_action(owner, action, placement.slot)
    kinds = {owner.id_type for owner in owners}
    if placement.action and placement.where not in (Where.NEW, Where.STRIP) and len(kinds) > 1:
        action = bpy.data.actions[placement.action]
        if placement.slot or not hasattr(action, "slots"):
            raise Refusal(
                "other-kind",
                "Shape keys and objects cannot share an action" + (" slot." if placement.slot else "."),
                "Choose a new action, or no slot." if placement.slot else "Choose a new action.",
            )


def next_frame(part: Part) -> float:
    """The first whole frame behind the last keyframe of an action's part; 1 where there is none."""
    last = [float(key_points(curve)[:, 0].max()) for curve in part.curves if len(curve.keyframe_points)]
    return float(np.floor(max(last)) + 1) if last else 1.0


def _appended_at(owner: bpy.types.ID, placement: Placement) -> float:
    """The frame on which what is appended for an owner would begin."""
    action = _present_action(owner, placement)
    return 1.0 if action is None else next_frame(part_of(owner, action, placement.slot))


def _present_action(owner: bpy.types.ID, placement: Placement) -> bpy.types.Action | None:
    """The action that is written into where it is there already. Raises Refusal for one that is not there."""
    if placement.where in (Where.NEW, Where.STRIP):
        return None
    if not placement.action:
        return owner.animation_data.action if owner.animation_data is not None else None
    action = bpy.data.actions.get(placement.action)
    if action is None:
        raise Refusal("no-action", f'There is no action "{placement.action}".', "Choose another, or a new one.")
    return action


def _chosen_part(owner: bpy.types.ID, name: str, placement: Placement) -> Part:
    """Where an owner that was checked gets its curves."""
    if placement.where is Where.STRIP:
        return part_of(owner, strip_action(owner, name))
    return part_of(owner, _present_action(owner, placement) or bpy.data.actions.new(name), placement.slot)


def _list_under(part: Part, curve: bpy.types.FCurve, group: str) -> None:
    if group:
        curve.group = part.groups.get(group) or part.groups.new(group)
