"""What a file holds, to be compared before and after."""

import hashlib

import bpy
import numpy as np

WATCHED = ("actions", "armatures", "collections", "materials", "meshes", "objects", "scenes", "shape_keys", "texts")


def digest() -> dict[str, object]:
    """Names of all data, geometry and shape keys of all meshes, and animation of all their owners."""
    found: dict[str, object] = {name: sorted(getattr(bpy.data, name).keys()) for name in WATCHED}
    for item in bpy.data.objects:
        world = tuple(map(tuple, item.matrix_world))
        modifiers = [(modifier.name, modifier.type) for modifier in item.modifiers]
        found[f"object {item.name}"] = world, modifiers, item.mode, item.select_get(), animation(item)
    for mesh in bpy.data.meshes:
        groups = (mesh.vertices, "co", 3), (mesh.edges, "vertices", 2), (mesh.loops, "vertex_index", 1)
        found[f"mesh {mesh.name}"] = [numbers(*group) for group in groups], mesh.attributes.keys(), animation(mesh)
    for keys in bpy.data.shape_keys:
        found[f"keys {keys.name}"] = (
            animation(keys),
            [
                (block.name, block.value, block.mute, block.relative_key.name, numbers(block.points, "co", 3))
                for block in keys.key_blocks
            ],
        )
    return found


def numbers(items: bpy.types.bpy_prop_collection, attribute: str, width: int) -> str:
    """A hash of an attribute of all items."""
    values = np.empty(width * len(items), np.float32 if attribute == "co" else np.int32)
    items.foreach_get(attribute, values)
    return hashlib.sha256(values.tobytes()).hexdigest()


def animation(owner: bpy.types.Object | bpy.types.Mesh | bpy.types.Key) -> object:
    """The action, drivers and strips of an owner."""
    data = owner.animation_data
    if data is None:
        return None
    drivers = [(curve.data_path, curve.driver.type, curve.driver.expression) for curve in data.drivers]
    return data.action and data.action.name, drivers, len(data.nla_tracks)
