"""The photographs as the colour of a fitted head: of those that show a place, what faces it most counts most."""

from collections.abc import Mapping, Sequence

import bpy
import numpy as np

from .fit_read import PhotoFit
from .scene_read import mesh_of

PHOTO, SEEN, SHARE = "Photo", "Seen", "Photo Share"
"""The UV maps of the photographs, the attribute that says where any shows the face, and those of what each later one
has of what it and those before it show."""

UNSEEN = (0.6, 0.6, 0.6, 1.0)
"""The colour of what no photograph shows."""

MOST = 8
"""Photographs of a texture: as many UV maps as a mesh may have."""


def numbered(name: str, number: int) -> str:
    """The name of the number-th photograph's map or attribute."""
    return name if number == 0 else f"{name} {number + 1}"


def best_shown(seen: np.ndarray) -> list[int]:
    """The numbers of the photographs that are taken, in order: the first, and of the others those that show most. seen:
    (P, V)."""
    others = sorted(range(1, len(seen)), key=lambda number: -float(seen[number].sum()))
    return [0, *sorted(others[: MOST - 1])]


def shares(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(V,) 1 where any photograph shows a vertex, and (P, V) of each what it has of what it and those before it show.
    seen: (P, V) how well each shows it."""
    total = np.cumsum(seen, axis=0)
    return (total[-1] > 0).astype(np.float32), np.divide(seen, total, out=np.zeros_like(seen), where=total > 0)


def paint_photos(
    meshes: Mapping[bpy.types.Object, np.ndarray], images: Sequence[bpy.types.Image], fit: PhotoFit
) -> list[int]:
    """Give new meshes a material that shows the photographs where they show them. meshes: with their vertices' numbers.
    images: of fit's photographs. Returns the numbers of those that were taken, in the order of their maps."""
    chosen = best_shown(fit.seen)
    material = _material([images[number] for number in chosen])
    for item in meshes:
        item.data.materials.append(material)
    place_photos(meshes, dict(enumerate(chosen)), list(zip(fit.turns, fit.mirrored, strict=True)), fit)
    return chosen


def place_photos(
    meshes: Mapping[bpy.types.Object, np.ndarray],
    maps: Mapping[int, int],
    uprights: Sequence[tuple[int, bool]],
    fit: PhotoFit,
) -> None:
    """Put the photographs' UV maps and shares onto meshes, as a fit has them. maps: of maps' numbers those of the fit's
    photographs; a map whose photograph is gone shows nothing any more. uprights: of each photograph the quarter turns
    that bring its pixels upright, and whether they are mirrored then."""
    order = sorted(maps)
    shown, share = shares(fit.seen[[maps[at] for at in order]])
    for item, vertices in meshes.items():
        mesh = mesh_of(item)
        corners = np.empty(len(mesh.loops), np.int32)
        mesh.loops.foreach_get("vertex_index", corners)
        for name in [one.name for one in mesh.attributes if one.name.startswith(SHARE)]:
            _set(mesh, name, np.zeros(len(vertices)))
        for at, own in zip(order, share, strict=True):
            places = stored(fit.photo[maps[at]], *uprights[maps[at]])
            name = numbered(PHOTO, at)
            layer = mesh.uv_layers.get(name) or mesh.uv_layers.new(name=name, do_init=False)
            layer.uv.foreach_set("vector", np.ascontiguousarray(places[vertices][corners], np.float32).reshape(-1))
            if at:
                _set(mesh, numbered(SHARE, at), own[vertices])
        _set(mesh, SEEN, shown[vertices])


def is_painted(mesh: bpy.types.Mesh) -> bool:
    """Whether a mesh has the photographs' maps."""
    return PHOTO in mesh.uv_layers and SEEN in mesh.attributes


def stored(photo: np.ndarray, turns: int, mirrored: bool) -> np.ndarray:
    """(V, 2) shares from the lower left corner of the pixels as they are stored, of shares from the upper left corner
    of the upright picture. turns: quarter turns counterclockwise that bring what is stored upright, mirrored: whether
    left and right are changed after them."""
    right, up = photo[:, 0], 1 - photo[:, 1]
    if mirrored:
        right = 1 - right
    for _ in range(turns % 4):
        right, up = up, 1 - right
    return np.stack([right, up], axis=1)


def _set(mesh: bpy.types.Mesh, name: str, values: np.ndarray) -> None:
    attribute = mesh.attributes.get(name) or mesh.attributes.new(name, "FLOAT", "POINT")
    attribute.data.foreach_set("value", np.ascontiguousarray(values, np.float32))


def _material(images: Sequence[bpy.types.Image]) -> bpy.types.Material:
    material = bpy.data.materials.new(PHOTO)
    material.use_nodes = True
    tree = material.node_tree
    assert tree is not None
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Roughness"].default_value = 0.6
    pictures = [_picture(tree, image, at) for at, image in enumerate(images)]
    colour = pictures[0].outputs["Color"]
    for at, picture in enumerate(pictures[1:], 1):
        colour = _mixed(tree, colour, picture.outputs["Color"], numbered(SHARE, at), at)
    plain = _mixed(tree, UNSEEN, colour, SEEN, len(images))
    tree.links.new(plain, shader.inputs["Base Color"])
    # Solid views show the picture of the node that is active, by the mesh's active map.
    tree.nodes.active = pictures[0]
    return material


def _picture(tree: bpy.types.NodeTree, image: bpy.types.Image, at: int) -> bpy.types.Node:
    places = tree.nodes.new("ShaderNodeUVMap")
    places.uv_map = numbered(PHOTO, at)
    picture = tree.nodes.new("ShaderNodeTexImage")
    picture.image = image
    picture.extension = "EXTEND"
    places.location, picture.location = (-1100, 200 - 300 * at), (-900, 200 - 300 * at)
    tree.links.new(places.outputs["UV"], picture.inputs["Vector"])
    return picture


def _mixed(
    tree: bpy.types.NodeTree,
    one: "bpy.types.NodeSocket | tuple[float, float, float, float]",
    other: bpy.types.NodeSocket,
    attribute: str,
    at: int,
) -> bpy.types.NodeSocket:
    """From one colour to the other, as an attribute of the mesh says."""
    shown = tree.nodes.new("ShaderNodeAttribute")
    shown.attribute_name = attribute
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    first, second = (socket for socket in mix.inputs if socket.type == "RGBA")
    if isinstance(one, tuple):
        first.default_value = one
    else:
        tree.links.new(one, first)
    tree.links.new(other, second)
    tree.links.new(shown.outputs["Fac"], next(socket for socket in mix.inputs if socket.name == "Factor"))
    shown.location, mix.location = (-600, -100 - 200 * at), (-400 + 100 * at, 100 - 100 * at)
    return next(socket for socket in mix.outputs if socket.type == "RGBA")
