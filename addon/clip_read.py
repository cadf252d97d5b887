"""A mesh in motion read out of the scene: its modifiers, keys, armature and caches as Blender evaluates them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.errors import Refusal
from .frame import to_backend
from .roles import said_role
from .scene_read import mesh_of, read_array

CACHES = {"MESH_CACHE", "MESH_SEQUENCE_CACHE"}


@dataclass(frozen=True)
class Still:
    """Several objects of the scene as one evaluated mesh at one moment, y up, in the scene's units.

    names: of the objects. counts: (O,) vertices of each. points: (N, 3) float64, about the origin of the clip.
    corners: (L,) int32. sizes: (M,) int32, corners of each polygon. roles: what the user says the objects are.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    points: np.ndarray
    corners: np.ndarray
    sizes: np.ndarray
    roles: tuple[str, ...]


def source_meshes(root: bpy.types.Object) -> list[bpy.types.Object]:
    """A mesh itself, or the visible meshes under another object, by name. Raises Refusal where there is none, or one
    cannot be read now."""
    chosen = [root] if root.type == "MESH" else [item for item in root.children_recursive if item.type == "MESH"]
    shown = [item for item in chosen if item.visible_get()]
    if not shown:
        raise Refusal(
            "no-source", f'"{root.name}" shows no mesh.', "Choose a mesh, or what meshes hang on, and make it visible."
        )
    for item in shown:
        if item.mode != "OBJECT":
            raise Refusal("mode", f'"{item.name}" is being edited.', "Switch to Object Mode first.")
    return sorted(shown, key=lambda item: item.name_full)


def evaluated(objects: Sequence[bpy.types.Object]) -> list[tuple[bpy.types.Mesh, np.ndarray]]:
    """For each object its mesh at the scene's frame, after all modifiers, and its (4, 4) float64 matrix."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    found = []
    for item in objects:
        result = item.evaluated_get(depsgraph)
        found.append((mesh_of(result), np.array(result.matrix_world, np.float64)))
    return found


def read_still(objects: Sequence[bpy.types.Object], origin: np.ndarray) -> Still:
    """The objects as they are at the scene's frame. origin: (3,), where in the world points are counted from. Raises
    Refusal for a mesh without faces and for points that are not numbers."""
    corners, sizes, counts = [], [], []
    for mesh, _ in evaluated(objects):
        corners.append(read_array(mesh.loops, "vertex_index", len(mesh.loops)) + np.int32(sum(counts)))
        sizes.append(read_array(mesh.polygons, "loop_total", len(mesh.polygons)))
        counts.append(len(mesh.vertices))
    if not sum(map(len, sizes)):
        raise Refusal("no-faces", "The source has no faces.", "Choose a mesh that has a face surface.")
    return Still(
        tuple(item.name for item in objects),
        tuple(counts),
        read_points(objects, origin),
        np.concatenate(corners),
        np.concatenate(sizes),
        tuple(said_role(mesh_of(item)) for item in objects),
    )


def read_points(objects: Sequence[bpy.types.Object], origin: np.ndarray, like: Still | None = None) -> np.ndarray:
    """(N, 3) float64 points of the objects at the scene's frame, y up, about the origin. like: the mesh that they must
    still be. Raises Refusal where the topology is another one, or points are not numbers."""
    world, corners = [], []
    for at, (mesh, matrix) in enumerate(evaluated(objects)):
        if like is not None and len(mesh.vertices) != like.counts[at]:
            raise Refusal(
                "topology",
                f'"{like.names[at]}" has {len(mesh.vertices):,} vertices at frame {bpy.context.scene.frame_current} '
                f"and {like.counts[at]:,} at rest.",
                "Switch off the modifiers that change its topology, or choose frames between such changes.",
            )
        points = read_array(mesh.vertices, "co", 3 * len(mesh.vertices), np.float32).reshape(-1, 3)
        world.append(points.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3])
        if like is not None:
            corners.append(read_array(mesh.loops, "vertex_index", len(mesh.loops)) + np.int32(sum(like.counts[:at])))
    if like is not None and not np.array_equal(np.concatenate(corners), like.corners):
        raise Refusal(
            "topology",
            f"The faces of the source are others at frame {bpy.context.scene.frame_current} than at rest.",
            "Switch off the modifiers that change its topology, or choose frames between such changes.",
        )
    points = np.concatenate(world)
    if not np.isfinite(points).all():
        raise Refusal(
            "not-finite",
            f"The source has vertices at frame {bpy.context.scene.frame_current} whose coordinates are not numbers.",
            "Repair its modifiers or cache at this frame.",
        )
    return to_backend(points - origin)


def has_rest(objects: Sequence[bpy.types.Object]) -> bool:
    """Whether it is known how the objects look at rest: they have keys or an armature."""
    return any(mesh_of(item).shape_keys is not None for item in objects) or bool(armatures(objects))


def armatures(objects: Sequence[bpy.types.Object]) -> list[bpy.types.Object]:
    """The armatures that move the objects."""
    found = {}
    for item in objects:
        movers = [modifier.object for modifier in item.modifiers if modifier.type == "ARMATURE"]
        for mover in (*movers, item.parent):
            if mover is not None and mover.type == "ARMATURE":
                found[mover.session_uid] = mover
    return list(found.values())


@contextmanager
def at_rest(objects: Sequence[bpy.types.Object]) -> Iterator[None]:
    """Within it, the objects show their basis keys in the armatures' rest pose, without caches; afterwards what they
    showed before."""
    pinned = [(item, item.show_only_shape_key, item.active_shape_key_index) for item in objects]
    poses = [(rig.data, rig.data.pose_position) for rig in armatures(objects)]
    caches = [
        (modifier, modifier.show_viewport) for item in objects for modifier in item.modifiers if modifier.type in CACHES
    ]
    try:
        for item in objects:
            if mesh_of(item).shape_keys is not None:
                item.active_shape_key_index = 0
                item.show_only_shape_key = True
        for rig, _ in poses:
            rig.pose_position = "REST"
        for modifier, _ in caches:
            modifier.show_viewport = False
        bpy.context.view_layer.update()
        yield
    finally:
        for item, only, index in pinned:
            item.show_only_shape_key, item.active_shape_key_index = only, index
        for rig, position in poses:
            rig.pose_position = position
        for modifier, shown in caches:
            modifier.show_viewport = shown
        bpy.context.view_layer.update()
