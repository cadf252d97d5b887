"""A fitted head as objects of the scene: meshes with keys below an empty."""

from collections.abc import Iterable, Sequence

import bpy
import numpy as np

from .animation import driven_keys, value_path
from .blender_version import curves_of
from .fit_read import FittedHead
from .fitted_head import IDENTITY, VERTEX
from .frame import to_blender
from .head_shape import HEAD_SHAPE
from .links import link_parts, note_new_drivers
from .record import write_record
from .scene_read import basis_positions, mesh_of
from .scene_write import add_key

STILL = 1e-6
"""Metres: a key that moves nothing of an object by more is left out of it."""

PERSON = "facsimile_person"
"""Custom property of the empty: whose face it is."""


def make_head(name: str, head: FittedHead) -> tuple[bpy.types.Object, dict[bpy.types.Object, np.ndarray]]:
    """The empty, and its meshes, each with the numbers (n,) of the head's vertices that it has; in the scene's
    collection, looking along -y."""
    root = bpy.data.objects.new(name, None)
    root.empty_display_size = 0.1
    root[PERSON], root[IDENTITY] = head.person, head.identity.tolist()
    HEAD_SHAPE.load(root, head.identity)
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
    link_keys(list(meshes))
    return root, meshes


def select_head(meshes: Iterable[bpy.types.Object]) -> None:
    """Select the meshes of a new head, and nothing else; its face, which comes first, is active."""
    layer = bpy.context.view_layer
    assert layer is not None
    for item in layer.objects:
        item.select_set(False)
    for item in reversed([*meshes]):
        item.select_set(True)
        layer.objects.active = item


def link_keys(meshes: Sequence[bpy.types.Object]) -> None:
    """Have the keys of eyes, teeth and lashes follow those of the face: one slider moves the whole of it."""
    keyed = [item.data.shape_keys for item in meshes if item.data.shape_keys is not None]
    link_parts(keyed, {block.name for keys in keyed for block in keys.key_blocks})
    for item in meshes:
        keys = item.data.shape_keys
        if keys is not None and driven_keys(keys):
            # So that a performance knows that the drivers are ours.
            write_record(keys, basis_positions(mesh_of(item)), {}, True)
            note_new_drivers(keys, ())


def set_values(meshes: Iterable[bpy.types.Object], names: tuple[str, ...], weights: np.ndarray) -> None:
    """Show an expression: weights (K,) of names. Keys that curves or drivers move are left to these."""
    for item in meshes:
        keys = item.data.shape_keys
        if keys is None:
            continue
        taken = {*(curve.data_path for curve in curves_of(keys)), *map(value_path, driven_keys(keys))}
        for name, weight in zip(names, weights.tolist(), strict=True):
            if name in keys.key_blocks and value_path(name) not in taken:
                keys.key_blocks[name].value = weight


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
    mesh.attributes.new(VERTEX, "INT", "POINT").data.foreach_set("value", vertices.astype(np.int32))
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
