"""A character's own controls: shape keys of any names, channels of pose bones, custom properties that drive things."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import bpy

from ..backend.errors import Refusal

Owner = bpy.types.Object | bpy.types.Key | bpy.types.Armature | bpy.types.Mesh

PAD = 1.0
"""How far from rest a property without bounds of its own goes."""


class Kind(StrEnum):
    """What a control is. A rotation is one component of a rotation vector where the bone has quaternions or axis and
    angle, and an Euler angle otherwise."""

    KEY = "KEY"
    LOCATION = "LOCATION"
    ROTATION = "ROTATION"
    SCALE = "SCALE"
    PROPERTY = "PROPERTY"


@dataclass(frozen=True)
class Place:
    """Where a control's value is kept. uid: of the data-block. path: from there, to the value, or for a bone's channel
    to the bone."""

    uid: int
    path: str


@dataclass(frozen=True)
class Control:
    """name: its own among all controls. places: where it is kept; keys of one name on several meshes are one control.
    index: the axis of a bone's channel. rest: the value at which nothing is done; minimum, maximum: how far it may go,
    in Blender's units, all finite."""

    name: str
    kind: Kind
    places: tuple[Place, ...]
    index: int
    rest: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Wanted:
    """Which controls are looked for. bones: names of pose bones. channels: of bones."""

    keys: bool = True
    properties: bool = True
    bones: tuple[str, ...] = ()
    channels: frozenset[Kind] = frozenset((Kind.LOCATION, Kind.ROTATION))


def key_controls(meshes: Iterable[bpy.types.Object]) -> list[Control]:
    """One for each name of a key that no driver moves, nobody has muted, and that may go anywhere."""
    found: dict[str, list[tuple[Place, bpy.types.ShapeKey]]] = {}
    for item in meshes:
        keys = item.data.shape_keys
        if keys is None or not keys.use_relative:
            continue
        driven = driven_paths(keys)
        for block in keys.key_blocks:
            path = f'key_blocks["{bpy.utils.escape_identifier(block.name)}"].value'
            if block != keys.reference_key and not block.mute and (path, 0) not in driven:
                found.setdefault(block.name, []).append((Place(keys.session_uid, path), block))
    result = []
    for name, places in found.items():
        low = max(block.slider_min for _, block in places)
        high = min(block.slider_max for _, block in places)
        if low < high:
            rest = min(max(0.0, low), high)
            result.append(Control(name, Kind.KEY, tuple(place for place, _ in places), 0, rest, low, high))
    return result


def property_controls(owners: Iterable[Owner | bpy.types.PoseBone]) -> list[Control]:
    """One for each custom property that is a number and that no driver moves."""
    result = []
    names: set[str] = set()
    for owner in owners:
        driven = driven_paths(cast(bpy.types.ID, owner.id_data))
        # What an add-on keeps for itself is no number of the animator's.
        for key in list(owner.keys()):
            if key.startswith("_") or type(owner[key]) is not float:
                continue
            step = f'["{bpy.utils.escape_identifier(key)}"]'
            prefix = "" if isinstance(owner, bpy.types.ID) else owner.path_from_id()
            if (prefix + step, 0) in driven:
                continue
            look = owner.id_properties_ui(key).as_dict()
            rest = float(look.get("default", owner[key]))
            low, high = float(look.get("min", -1e9)), float(look.get("max", 1e9))
            low, high = (low if low > -1e6 else rest - PAD), (high if high < 1e6 else rest + PAD)
            rest = min(max(rest, low), high)
            if low < high:
                name = key if key not in names else f"{owner.name}.{key}"
                names.add(name)
                place = Place(owner.id_data.session_uid, prefix + step)
                result.append(Control(name, Kind.PROPERTY, (place,), 0, rest, low, high))
    return result


def driven_paths(owner: bpy.types.ID) -> set[tuple[str, int]]:
    """Paths and indices of what drivers of a data-block set."""
    animation = owner.animation_data
    return set() if animation is None else {(driver.data_path, driver.array_index) for driver in animation.drivers}


def distinct(controls: Iterable[Control]) -> tuple[Control, ...]:
    """The controls, of which no two have the same name. Raises Refusal where there are none."""
    found: dict[str, Control] = {}
    for one in controls:
        name = one.name
        while name in found:
            name += "'"
        found[name] = one if name == one.name else Control(name, *list(vars(one).values())[1:])
    if not found:
        raise Refusal(
            "no-controls",
            "The character has no control that is free to move.",
            "Select control bones, unlock their channels, unmute keys, or choose what drives them.",
        )
    return tuple(found.values())
