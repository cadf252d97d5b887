"""Taking away what we added to a mesh, and nothing else."""

from dataclasses import dataclass

import bpy
import numpy as np

from .animation import value_path
from .record import (
    Entry,
    basis_is_ours,
    driver_sources,
    forget_record,
    has_shapes,
    is_ours,
    key_delta,
    our_drivers,
    read_record,
    write_record,
)
from .scene_read import basis_positions, check_editable, mesh_of
from .scene_write import is_fixed, keys_of


@dataclass(frozen=True)
class Removed:
    """What became of one object. keys: how many are gone. restored: how many of the user's keys have their former shape
    again. left: names of keys that we wrote and that stay, because the user locked or remade them."""

    name: str
    keys: int
    restored: int
    left: tuple[str, ...]


def remove_shapes(item: bpy.types.Object) -> Removed:
    """Remove the keys and drivers that we added to an object, and give the keys that we replaced their former shape.

    The animation of removed keys stays in its action, for when they are built again. The basis goes where we added it
    and no key is left. Raises Refusal for a mesh without keys, or one that cannot be edited.
    """
    check_editable(item)
    mesh = mesh_of(item)
    keys = keys_of(mesh)
    basis = basis_positions(mesh)
    extent = float(np.abs(basis).max())
    active = item.active_shape_key.name if item.active_shape_key is not None else ""
    remove_drivers(keys)
    removed = restored = 0
    left: dict[str, Entry] = {}
    remade = []
    for name, entry in read_record(keys, basis).items():
        key = keys.key_blocks[name]
        if not is_ours(entry, key_delta(key, basis), extent):
            remade.append(name)
        elif is_fixed(keys, key):
            left[name] = entry
        elif entry.made:
            detach(keys, key, basis)
            item.shape_key_remove(key)
            removed += 1
        elif entry.former is not None:
            key.points.foreach_set("co", np.ascontiguousarray(basis + entry.former, np.float32).reshape(-1))
            restored += 1
    if left:
        write_record(keys, basis, left, False)
    elif basis_is_ours(keys) and len(keys.key_blocks) == 1:
        remove_basis(item, keys, basis)
    else:
        forget_record(keys)
    if mesh.shape_keys is not None:
        # Blender makes the key before a removed one active, also when another was.
        item.active_shape_key_index = max(0, mesh.shape_keys.key_blocks.find(active))
    mesh.update()
    return Removed(item.name, removed, restored, (*left, *remade))


def forget_face(item: bpy.types.Object) -> None:
    """Forget what an object's mesh was taken for and where its face was found, where nothing of ours is left on it."""
    mesh = mesh_of(item)
    if mesh.is_editable and not has_shapes(item):
        for name in ("recognised", "canonical"):
            mesh.facsimile.property_unset(name)


def remove_drivers(keys: bpy.types.Key) -> None:
    """Remove the drivers that we made and that still read what we had them read."""
    animation = keys.animation_data
    for name, paths in our_drivers(keys).items() if animation is not None else ():
        curve = animation.drivers.find(value_path(name))
        if curve is not None and driver_sources(curve) == paths:
            keys.driver_remove(value_path(name))


def detach(keys: bpy.types.Key, key: bpy.types.ShapeKey, basis: np.ndarray) -> None:
    """Have the keys that are relative to this one keep their effect without it."""
    own = key_delta(key, basis)
    for other in keys.key_blocks:
        if other.relative_key == key and other != key:
            points = basis + key_delta(other, basis) - own
            other.points.foreach_set("co", np.ascontiguousarray(points, np.float32).reshape(-1))
            other.relative_key = keys.reference_key


def remove_basis(item: bpy.types.Object, keys: bpy.types.Key, basis: np.ndarray) -> None:
    """Remove the last key, and with it the Key datablock; an action on it stays in the file."""
    animation = keys.animation_data
    if animation is not None and animation.action is not None:
        animation.action.use_fake_user = True
    item.shape_key_clear()
    mesh_of(item).vertices.foreach_set("co", np.ascontiguousarray(basis, np.float32).reshape(-1))
