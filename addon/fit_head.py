"""A fitted head as objects of the scene: meshes with keys below an empty, and the photograph as their colour."""

from collections.abc import Mapping

import bpy
import numpy as np

from .fit_read import FittedHead
from .frame import to_blender
from .scene_write import add_key

STILL = 1e-6
"""Metres: a key that moves nothing of an object by more is left out of it."""

PERSON, IDENTITY = "facsimile_person", "facsimile_identity"
"""Custom properties of the empty: whose face it is, and its code."""

PHOTO, SEEN = "Photo", "Seen"
"""The UV map of the photograph, and the attribute that says where it shows the face."""

UNSEEN = (0.6, 0.6, 0.6, 1.0)
"""The colour of what the photograph does not show."""


def make_head(name: str, head: FittedHead) -> tuple[bpy.types.Object, dict[bpy.types.Object, np.ndarray]]:
    """The empty, and its meshes, each with the numbers (n,) of the head's vertices that it has; in the scene's
    collection, looking along -y."""
    root = bpy.data.objects.new(name, None)
    root.empty_display_size = 0.1
    root[PERSON], root[IDENTITY] = head.person, head.identity.tolist()
    bpy.context.collection.objects.link(root)
    places, moves = to_blender(head.vertices), to_blender(head.deltas)
    starts = np.cumsum(head.sizes) - head.sizes
    meshes = {}
    for number, part in enumerate(head.object_names):
        vertices = np.flatnonzero(head.objects == number)
        polygons = head.objects[head.corners[starts]] == number
        mesh = _mesh(f"{name} {part}", head, vertices, polygons, places)
        item = bpy.data.objects.new(mesh.name, mesh)
        item.parent = root
        bpy.context.collection.objects.link(item)
        _add_keys(item, head.names, places[vertices], moves[:, vertices])
        meshes[item] = vertices
    return root, meshes


def set_values(meshes: Mapping[bpy.types.Object, np.ndarray], names: tuple[str, ...], weights: np.ndarray) -> None:
    """Show an expression: weights (K,) of names."""
    for item in meshes:
        blocks = item.data.shape_keys.key_blocks if item.data.shape_keys else {}
        for name, weight in zip(names, weights.tolist(), strict=True):
            if name in blocks:
                blocks[name].value = weight


def paint_photo(
    meshes: Mapping[bpy.types.Object, np.ndarray], image: bpy.types.Image, photo: np.ndarray, seen: np.ndarray
) -> None:
    """Give the meshes a material that shows the photograph where it shows them. photo: (V, 2) in shares of the picture
    as it is stored, from its lower left corner. seen: (V,)."""
    material = _material(image)
    for item, vertices in meshes.items():
        mesh = item.data
        mesh.materials.append(material)
        corners = np.empty(len(mesh.loops), np.int32)
        mesh.loops.foreach_get("vertex_index", corners)
        layer = mesh.uv_layers.new(name=PHOTO)
        layer.uv.foreach_set("vector", np.ascontiguousarray(photo[vertices][corners], np.float32).reshape(-1))
        shown = mesh.attributes.new(SEEN, "FLOAT", "POINT")
        shown.data.foreach_set("value", seen[vertices].astype(np.float32))


def stored(photo: np.ndarray, turns: int) -> np.ndarray:
    """(V, 2) shares from the lower left corner of the pixels as they are stored, of shares from the upper left corner
    of the upright picture. turns: quarter turns counterclockwise that bring what is stored upright."""
    right, up = photo[:, 0], 1 - photo[:, 1]
    for _ in range(turns % 4):
        right, up = up, 1 - right
    return np.stack([right, up], axis=1)


def _mesh(
    name: str, head: FittedHead, vertices: np.ndarray, polygons: np.ndarray, places: np.ndarray
) -> bpy.types.Mesh:
    place_of = np.full(len(head.vertices), -1, np.int32)
    place_of[vertices] = np.arange(len(vertices))
    sizes = head.sizes[polygons]
    corners = place_of[head.corners[np.repeat(polygons, head.sizes)]]
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", np.ascontiguousarray(places[vertices], np.float32).reshape(-1))
    mesh.loops.add(len(corners))
    mesh.loops.foreach_set("vertex_index", corners.astype(np.int32))
    mesh.polygons.add(len(sizes))
    mesh.polygons.foreach_set("loop_start", (np.cumsum(sizes) - sizes).astype(np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(sizes), bool))
    mesh.update(calc_edges=True)
    return mesh


def _add_keys(item: bpy.types.Object, names: tuple[str, ...], places: np.ndarray, moves: np.ndarray) -> None:
    moved = [at for at in range(len(names)) if np.abs(moves[at]).max(initial=0.0) > STILL]
    if not moved:
        return
    add_key(item, "Basis")
    for at in moved:
        key = add_key(item, names[at])
        key.points.foreach_set("co", np.ascontiguousarray(places + moves[at], np.float32).reshape(-1))


def _material(image: bpy.types.Image) -> bpy.types.Material:
    material = bpy.data.materials.new(PHOTO)
    material.use_nodes = True
    tree = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Roughness"].default_value = 0.6
    places = tree.nodes.new("ShaderNodeUVMap")
    places.uv_map = PHOTO
    picture = tree.nodes.new("ShaderNodeTexImage")
    picture.image = image
    picture.extension = "EXTEND"
    shown = tree.nodes.new("ShaderNodeAttribute")
    shown.attribute_name = SEEN
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    first, second = (socket for socket in mix.inputs if socket.type == "RGBA")
    first.default_value = UNSEEN
    for number, node in enumerate((places, picture, shown, mix)):
        node.location = (-900 + 220 * number, 100 - 160 * (number == 2))
    tree.links.new(places.outputs["UV"], picture.inputs["Vector"])
    tree.links.new(picture.outputs["Color"], second)
    tree.links.new(shown.outputs["Fac"], mix.inputs["Factor"])
    tree.links.new(next(socket for socket in mix.outputs if socket.type == "RGBA"), shader.inputs["Base Color"])
    return material
