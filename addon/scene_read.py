"""The selected meshes of one head, read out of the scene into arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.errors import Refusal
from .frame import to_backend
from .modifiers import shown_look
from .roles import read_region, said_role

FARTHEST = 1e18
"""Units from the scene's origin; the squares of what lies farther are no float32 numbers."""

MAKERS = ("NODES", "REMESH", "SCREW", "SKIN", "VOLUME_TO_MESH")
"""Modifiers that can make a surface where the mesh has none."""


@dataclass(frozen=True)
class Piece:
    """One mesh object of the head, and where its vertices lie among those of all pieces.

    Objects are named and numbered, never held: Blender may free or move them while a job runs.
    linear: (3, 3) float64, from the object's space to Blender's world axes, without the translation. back: (n, 3, 3)
    float32, in the object's space, from a displacement of what its modifiers show to that of its mesh; None where they
    are the same.
    """

    name: str
    object_uid: int
    mesh_uid: int
    first: int
    vertices: int
    corners: int
    linear: np.ndarray
    back: np.ndarray | None = None


@dataclass(frozen=True)
class Head:
    """Several mesh objects as one mesh, in y-up axes and the scene's units about their common middle.

    vertices: (N, 3) float32. corners: (L,) int32. sizes: (M,) int32, corners of each polygon.
    objects: (N,) int32, index into pieces. roles: what the user says the pieces are, empty where nothing. region: (N,)
    float32, how much each vertex belongs to the head, 0..1, as the user says; None where nothing is said. centre: (3,)
    float64, their middle in Blender's world.
    """

    pieces: tuple[Piece, ...]
    vertices: np.ndarray
    corners: np.ndarray
    sizes: np.ndarray
    objects: np.ndarray
    roles: tuple[str, ...]
    region: np.ndarray | None
    centre: np.ndarray


def read_head(objects: Sequence[bpy.types.Object]) -> Head:
    """The neutral shape of the objects in one common frame.

    It is the basis key, or the mesh where there are no keys, as the modifiers show it that keep its vertices. Rigs
    rest: an object that hangs on a bone is put where the bone's rest pose holds it, and a posed rig changes nothing.
    Raises Refusal where keys could not be written.
    """
    check_objects(sorted(objects, key=lambda item: item.name_full))
    return gather_head(objects)


def gather_head(objects: Sequence[bpy.types.Object]) -> Head:
    """The same where no key need be written. Raises Refusal where the shape cannot be read."""
    chosen = sorted(objects, key=lambda item: item.name_full)
    pieces: list[Piece] = []
    world: list[np.ndarray] = []
    corners: list[np.ndarray] = []
    sizes: list[np.ndarray] = []
    first = 0
    for item in chosen:
        mesh = mesh_of(item)
        matrix = rest_matrix(item)
        positions = basis_positions(mesh)
        if not np.isfinite(positions).all():
            raise Refusal(
                "not-finite",
                f'"{item.name}" has vertices whose coordinates are not numbers.',
                "Remove or repair these vertices.",
            )
        look = shown_look(item, positions, matrix)
        placed = look.positions @ matrix[:3, :3].T + matrix[:3, 3]
        if np.abs(placed).max(initial=0.0) > FARTHEST:
            raise Refusal(
                "too-far", f'"{item.name}" has vertices that lie too far away.', "Remove or repair these vertices."
            )
        world.append(placed)
        corners.append(read_array(mesh.loops, "vertex_index", len(mesh.loops)) + np.int32(first))
        sizes.append(read_array(mesh.polygons, "loop_total", len(mesh.polygons)))
        pieces.append(
            Piece(
                item.name,
                item.session_uid,
                mesh.session_uid,
                first,
                len(mesh.vertices),
                len(mesh.loops),
                matrix[:3, :3].copy(),
                look.back,
            )
        )
        first += len(mesh.vertices)

    points = np.concatenate(world)
    # Heads stand kilometres away in some scenes; float32 would round them there.
    centre = (points.min(0) + points.max(0)) / 2
    points -= centre
    return Head(
        tuple(pieces),
        np.ascontiguousarray(to_backend(points), np.float32),
        np.concatenate(corners),
        np.concatenate(sizes),
        np.repeat(np.arange(len(pieces), dtype=np.int32), [piece.vertices for piece in pieces]),
        tuple(said_role(mesh_of(item)) for item in chosen),
        read_region(chosen),
        centre,
    )


def check_objects(objects: Sequence[bpy.types.Object]) -> None:
    """Raises Refusal unless the objects together are a surface, and each can take shape keys of its own."""
    if not objects:
        raise Refusal("no-mesh", "No mesh is selected.", "Select the mesh objects of one head.")
    for item in objects:
        check_object(item)
    check_shared(objects)
    if not any(len(mesh_of(item).polygons) for item in objects):
        check_made_by_modifiers(objects)
        raise Refusal("no-faces", "The selected meshes have no faces.", "Select a mesh that has a face surface.")


def check_made_by_modifiers(objects: Sequence[bpy.types.Object]) -> None:
    """Raises Refusal where a modifier makes the surface that the objects do not have."""
    for item in objects:
        maker = next((one for one in item.modifiers if one.show_viewport and one.type in MAKERS), None)
        if maker is not None:
            raise Refusal(
                "generated",
                f'"{item.name}" has no faces of its own; its modifier "{maker.name}" makes what is seen.',
                "Apply the modifier first.",
            )


def check_editable(item: bpy.types.Object) -> None:
    """Raises Refusal where the object's mesh cannot be changed now."""
    if item.mode != "OBJECT":
        raise Refusal("mode", f'"{item.name}" is being edited.', "Switch to Object Mode and press the button again.")
    if not mesh_of(item).is_editable:
        raise Refusal(
            "linked",
            f'The mesh of "{item.name}" is linked from another file.',
            "Make it local first: Object > Relations > Make Local > Selected Objects and Data.",
        )
    if mesh_of(item).override_library is not None:
        raise Refusal(
            "override",
            f'The mesh of "{item.name}" is a library override, in which new shape keys are not saved.',
            "Make it local first: Object > Relations > Make Local > Selected Objects and Data.",
        )


def check_object(item: bpy.types.Object) -> None:
    """Raises Refusal where the object cannot take shape keys of its own."""
    mesh = mesh_of(item)
    check_editable(item)
    if mesh.shape_keys and not mesh.shape_keys.use_relative:
        raise Refusal(
            "absolute-keys",
            f'"{item.name}" has absolute shape keys.',
            "Switch on Relative above its shape key list, or remove these keys.",
        )
    if mesh.shape_keys and len(mesh.shape_keys.reference_key.points) != len(mesh.vertices):
        raise Refusal(
            "stale-keys",
            f'The shape keys of "{item.name}" do not fit its vertices.',
            "Enter Edit Mode and leave it again; Blender then repairs them.",
        )
    if any(modifier.type == "MIRROR" and modifier.show_viewport for modifier in item.modifiers):
        raise Refusal(
            "mirror",
            f'"{item.name}" has a Mirror modifier, so both of its sides would always move together.',
            "Remove its shape keys, which Blender asks for, and apply the Mirror modifier."
            if mesh.shape_keys
            else "Apply the Mirror modifier first.",
        )
    if abs(np.linalg.det(rest_matrix(item)[:3, :3])) < 1e-24:
        raise Refusal("flat", f'"{item.name}" is scaled to zero.', "Give it a scale other than zero.")


def check_shared(objects: Sequence[bpy.types.Object]) -> None:
    """Raises Refusal where two of the objects show the same mesh: it could only hold the keys of one."""
    owners: dict[int, str] = {}
    for item in objects:
        other = owners.setdefault(mesh_of(item).session_uid, item.name)
        if other != item.name:
            raise Refusal(
                "shared",
                f'"{other}" and "{item.name}" share one mesh.',
                "Give each its own: Object > Relations > Make Single User > Object and Data.",
            )


def mesh_of(item: bpy.types.Object) -> bpy.types.Mesh:
    """The mesh of a mesh object. Raises Refusal for other objects."""
    if not isinstance(item.data, bpy.types.Mesh):
        raise Refusal("no-mesh", f'"{item.name}" is not a mesh.', "Select mesh objects only, or convert it to one.")
    return item.data


def rest_matrix(item: bpy.types.Object) -> np.ndarray:
    """(4, 4) float64 from the object's space to the world, with the bone it hangs on in its rest pose."""
    world = np.array(item.matrix_world, np.float64)
    rig = item.parent
    if item.parent_type != "BONE" or rig is None or rig.pose is None or item.parent_bone not in rig.pose.bones:
        return world
    bone = rig.pose.bones[item.parent_bone]
    rig_world = np.array(rig.matrix_world, np.float64)
    posed = rig_world @ np.array(bone.matrix, np.float64)
    rest = rig_world @ np.array(bone.bone.matrix_local, np.float64)
    if abs(np.linalg.det(posed)) < 1e-24:
        return world
    return rest @ np.linalg.solve(posed, world)


def basis_positions(mesh: bpy.types.Mesh) -> np.ndarray:
    """(n, 3) float64: the basis key's points, or the mesh's own vertices where there are no keys."""
    source = mesh.shape_keys.reference_key.points if mesh.shape_keys else mesh.vertices
    return read_array(source, "co", 3 * len(mesh.vertices), np.float32).reshape(-1, 3).astype(np.float64)


def read_array(
    collection: bpy.types.bpy_prop_collection, attribute: str, length: int, dtype: type = np.int32
) -> np.ndarray:
    """(length,) values of an attribute of all items."""
    values = np.empty(length, dtype)
    collection.foreach_get(attribute, values)
    return values
