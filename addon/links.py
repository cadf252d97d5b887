"""Drivers: the keys of eyes, teeth and so on follow those of the head."""

from collections.abc import Iterable, Sequence

import bpy

from .animation import driven_keys, value_path
from .blender_version import curves_of
from .record import driver_sources, note_driver


def link_parts(keyed: Sequence[bpy.types.Key], names: Iterable[str]) -> int:
    """Have the keys of these names follow the first of the keyed meshes that has the most of them. Keys that a driver
    or an action moves already stay free. Returns how many drivers were made."""
    wanted = set(names)
    if not keyed:
        return 0
    head = max(keyed, key=lambda keys: len(wanted & set(keys.key_blocks.keys())))
    made = 0
    for keys in keyed:
        if keys == head:
            continue
        taken = driven_keys(keys)
        animated = {curve.data_path for curve in curves_of(keys)}
        for name in wanted & set(keys.key_blocks.keys()) & set(head.key_blocks.keys()):
            if name not in taken and value_path(name) not in animated and keys.key_blocks[name] != keys.reference_key:
                follow(keys, name, head)
                made += 1
    return made


def follow(keys: bpy.types.Key, name: str, head: bpy.types.Key) -> None:
    """Give a key a driver that repeats the key of the same name on the head."""
    # A sum of one needs no Python, so it also works where files may not run scripts.
    driver = keys.driver_add(value_path(name)).driver
    driver.type = "SUM"
    variable = driver.variables.new()
    variable.name = "head"
    variable.type = "SINGLE_PROP"
    target = variable.targets[0]
    target.id_type = "KEY"
    target.id = head
    target.data_path = value_path(name)


def note_new_drivers(keys: bpy.types.Key, before: Iterable[str]) -> None:
    """Put the drivers of all keys but those that had one before into our record."""
    for name in driven_keys(keys) - set(before):
        curve = keys.animation_data.drivers.find(value_path(name)) if keys.animation_data is not None else None
        if curve is not None:
            note_driver(keys, name, driver_sources(curve))
