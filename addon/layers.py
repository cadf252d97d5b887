"""A baked performance under the animator's own keys: a strip of the NLA, below the action that is being edited.

Blender adds an action whose blending is Combine to what the strips below it give, and keys that are set by hand into it
hold the difference. So keys by hand survive however often the strip is baked anew.
"""

import bpy

from .blender_version import Part, assign_to_strip, curves_of

MARK = "facsimile_bake"
"""A custom property of the actions that we bake for strips: the name that they were baked under."""

TRACK = "Facsimile"


def baked_strip(owner: bpy.types.ID, name: str) -> bpy.types.NlaStrip | None:
    """The strip that plays what was baked under this name."""
    if owner.animation_data is None:
        return None
    for track in owner.animation_data.nla_tracks:
        for strip in track.strips:
            if strip.action is not None and strip.action.get(MARK) == name:
                return strip
    return None


def strip_action(owner: bpy.types.ID, name: str) -> bpy.types.Action:
    """The action of the strip that was baked under this name, or a new one."""
    strip = baked_strip(owner, name)
    if strip is not None and strip.action is not None and strip.action.is_editable:
        return strip.action
    action = bpy.data.actions.new(name)
    action[MARK] = name
    return action


def put_strip(owner: bpy.types.ID, part: Part, first: float, last: float) -> None:
    """Have a strip play this part of an action, whose keys go from frame first to frame last.

    One that plays it already keeps what the animator has made of it: where it was moved to, its scale, influence and
    blending. A new one goes onto a track of ours that has room, or onto a new one above all others. The owner's own
    action goes on top of it, added, unless it has curves already: then its blending stays as it is.
    """
    animation = owner.animation_data or owner.animation_data_create()
    last = max(last, first + 1)
    strip = baked_strip(owner, str(part.action.get(MARK)))
    if strip is None:
        strip = _new_strip(animation, part, first, last)
        shift, scale = 0.0, 1.0
    else:
        shift, scale = strip.frame_start - strip.action_frame_start, strip.scale
    assign_to_strip(strip, part)
    strip.action_frame_start, strip.action_frame_end = first, last
    # The end goes first where the strip moves to later frames, or the start would push against it.
    length = (last - first) * scale
    strip.frame_end = max(strip.frame_end, first + shift + length)
    strip.frame_start = first + shift
    strip.frame_end = first + shift + length
    strip.scale = scale
    if not curves_of(owner):
        animation.action_blend_type = "COMBINE"


def _new_strip(animation: bpy.types.AnimData, part: Part, first: float, last: float) -> bpy.types.NlaStrip:
    for track in animation.nla_tracks:
        if track.name.startswith(TRACK) and all(s.frame_end <= first or s.frame_start >= last for s in track.strips):
            break
    else:
        track = animation.nla_tracks.new()
        track.name = TRACK
    return track.strips.new(part.action.name, int(first), part.action)


def hidden_paths(owner: bpy.types.ID) -> set[tuple[str, int]]:
    """Paths and indices that the owner's own action replaces, whatever the strips below it give."""
    animation = owner.animation_data
    if animation is None or animation.action_blend_type != "REPLACE":
        return set()
    return {(curve.data_path, curve.array_index) for curve in curves_of(owner)}
