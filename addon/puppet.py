"""Any values of a character's controls, and where the vertices of its face then are; afterwards nothing has changed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import cast

import bpy
import numpy as np
from mathutils import Quaternion, Vector

from ..backend.errors import Refusal
from .blender_version import curves_slot
from .bone_controls import WHOLE
from .controls import Control, Kind
from .frame import to_backend
from .modifiers import DEFORMING
from .scene_read import Head, mesh_of
from .scene_write import find_object
from .values import read_value, write_value

KEPT = DEFORMING | {"ARMATURE"}
"""Modifiers that stay on: the others make new vertices, or show a moment of a simulation."""

CHANNELS = {"location": 3, "rotation_quaternion": 4, "rotation_euler": 3, "rotation_axis_angle": 4, "scale": 3}
RESTS = {
    "location": (0.0, 0.0, 0.0),
    "rotation_quaternion": (1.0, 0.0, 0.0, 0.0),
    "rotation_euler": (0.0, 0.0, 0.0),
    "rotation_axis_angle": (0.0, 0.0, 1.0, 0.0),
    "scale": (1.0, 1.0, 1.0),
}

Show = Callable[[np.ndarray], np.ndarray]
"""From values (K,), as distances from rest, to vertices (N, 3) float32 in the backend's frame."""


@dataclass(frozen=True)
class Character:
    """The meshes of a face as they were read, the rig that moves them if there is one, and their controls."""

    head: Head
    rig_uid: int
    controls: tuple[Control, ...]

    @property
    def rest(self) -> np.ndarray:
        """(K,)"""
        return np.array([one.rest for one in self.controls])

    @property
    def minimum(self) -> np.ndarray:
        """(K,) from rest."""
        return np.array([one.minimum for one in self.controls]) - self.rest

    @property
    def maximum(self) -> np.ndarray:
        """(K,) from rest."""
        return np.array([one.maximum for one in self.controls]) - self.rest


@contextmanager
def puppet(character: Character) -> Iterator[Show]:
    """Show poses of a character for a while. Its own animation does not play meanwhile, its rig and keys rest but for
    the controls, and what the modifiers that change the number of vertices make of it is left out. Raises Refusal where
    something of it is gone or being edited."""
    meshes = meshes_of(character)
    owners = owners_of(character, meshes)
    with ExitStack() as stack:
        stack.callback(bpy.context.view_layer.update)
        stack.enter_context(kept_values(character.controls, owners))
        for owner in owners.values():
            if isinstance(owner, bpy.types.Object) and owner.pose is not None:
                stack.enter_context(rested(owner))
        for item in meshes:
            stack.enter_context(bare(item))
        # Once an action is back it plays its frame, over values that were set by hand and not keyed: those come after.
        stack.callback(bpy.context.view_layer.update)
        for owner in owners.values():
            stack.enter_context(silent(owner))
        yield shower(character, meshes, owners)


def shower(character: Character, meshes: Sequence[bpy.types.Object], owners: dict[int, bpy.types.ID]) -> Show:
    """The function that poses and looks."""
    shown = np.full(len(character.controls), np.nan)
    layer = bpy.context.view_layer

    def show(values: np.ndarray) -> np.ndarray:
        changed = np.flatnonzero(values != shown)
        set_values(character.controls, values, changed, owners)
        shown[:] = values
        layer.update()
        graph = bpy.context.evaluated_depsgraph_get()
        return np.concatenate([evaluated(item, graph) for item in meshes])

    return show


def evaluated(item: bpy.types.Object, graph: bpy.types.Depsgraph) -> np.ndarray:
    """(n, 3) float32 in the backend's frame. Raises Refusal where modifiers change the number of vertices."""
    result = item.evaluated_get(graph)
    count = len(result.data.vertices)
    if count != len(item.data.vertices):
        raise Refusal(
            "changed-vertices",
            f'A modifier changes the number of vertices of "{item.name}".',
            "Switch it off in the viewport.",
        )
    points = np.empty(3 * count, np.float32)
    result.data.vertices.foreach_get("co", points)
    matrix = np.array(result.matrix_world, np.float64)
    return to_backend(points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32)


def meshes_of(character: Character) -> list[bpy.types.Object]:
    """The objects that have the meshes of its face. Raises Refusal where one is gone."""
    return [find_object(piece) for piece in character.head.pieces]


def owners_of(character: Character, meshes: Sequence[bpy.types.Object]) -> dict[int, bpy.types.ID]:
    """Every data-block that the controls, the meshes and the rig are kept in, by its number. Raises Refusal."""
    found: dict[int, bpy.types.ID] = {}
    for item in meshes:
        for owner in (item, mesh_of(item), mesh_of(item).shape_keys):
            if owner is not None:
                found[owner.session_uid] = owner
    if character.rig_uid:
        rig = next((item for item in bpy.data.objects if item.session_uid == character.rig_uid), None)
        if rig is not None and rig.pose is not None:
            found[rig.session_uid] = rig
            armature = cast(bpy.types.ID, rig.data)
            found[armature.session_uid] = armature
    for one in character.controls:
        if any(place.uid not in found for place in one.places):
            raise Refusal("gone", f'The control "{one.name}" is no longer there.', "Read the controls again.")
    return found


@contextmanager
def silent(owner: bpy.types.ID) -> Iterator[None]:
    """Without the owner's action and NLA; its drivers go on. Raises Refusal in tweak mode."""
    animation = owner.animation_data
    if animation is None:
        yield
        return
    if animation.use_tweak_mode:
        raise Refusal(
            "tweak-mode", f'A strip of "{owner.name}" is being tweaked.', "Leave tweak mode in the NLA first."
        )
    action, slot, nla = animation.action, curves_slot(animation), animation.use_nla
    animation.action, animation.use_nla = None, False
    try:
        yield
    finally:
        animation.action = action
        if slot is not None:
            animation.action_slot = slot
        animation.use_nla = nla


@contextmanager
def bare(item: bpy.types.Object) -> Iterator[None]:
    """A mesh object's keys at 0, all of them shown, and without the modifiers that do not keep its vertices."""
    off = [one for one in item.modifiers if one.show_viewport and one.type not in KEPT]
    only, keys = item.show_only_shape_key, item.data.shape_keys
    blocks = list(keys.key_blocks[1:]) if keys is not None else []
    values = [block.value for block in blocks]
    for one in off:
        one.show_viewport = False
    item.show_only_shape_key = False
    for block in blocks:
        block.value = min(max(0.0, block.slider_min), block.slider_max)
    try:
        yield
    finally:
        for block, value in zip(blocks, values, strict=True):
            block.value = value
        item.show_only_shape_key = only
        for one in off:
            one.show_viewport = True


@contextmanager
def rested(rig: bpy.types.Object) -> Iterator[None]:
    """A rig whose bones are all where they rest, and free to be posed."""
    bones, position = rig.pose.bones, rig.data.pose_position
    before = {}
    for name, width in CHANNELS.items():
        before[name] = np.empty(width * len(bones), np.float32)
        bones.foreach_get(name, before[name])
        bones.foreach_set(name, np.tile(np.array(RESTS[name], np.float32), len(bones)))
    rig.data.pose_position = "POSE"
    rig.update_tag(refresh={"OBJECT", "DATA"})
    try:
        yield
    finally:
        for name, values in before.items():
            bones.foreach_set(name, values)
        rig.data.pose_position = position
        rig.update_tag(refresh={"OBJECT", "DATA"})


@contextmanager
def kept_values(controls: Sequence[Control], owners: dict[int, bpy.types.ID]) -> Iterator[None]:
    """Puts the custom properties among the controls back afterwards; keys and bones are looked after above."""
    places = [place for one in controls if one.kind is Kind.PROPERTY for place in one.places]
    before = [read_value(owners[place.uid], place.path) for place in places]
    try:
        yield
    finally:
        for place, value in zip(places, before, strict=True):
            write_property(owners[place.uid], place.path, value)


def set_values(
    controls: Sequence[Control], values: np.ndarray, changed: np.ndarray, owners: dict[int, bpy.types.ID]
) -> None:
    """Put the changed controls to values (K,), as distances from rest."""
    turned: dict[tuple[int, str], None] = {}
    for at in changed:
        one = controls[at]
        value = one.rest + float(values[at])
        for place in one.places:
            owner = owners[place.uid]
            if one.kind is Kind.PROPERTY:
                write_property(owner, place.path, value)
            elif one.kind is Kind.KEY:
                owner.path_resolve(place.path.removesuffix(".value")).value = value
            elif one.kind is Kind.ROTATION and owner.path_resolve(place.path).rotation_mode in WHOLE:
                turned[place.uid, place.path] = None
            else:
                bone = owner.path_resolve(place.path)
                channel = "rotation_euler" if one.kind is Kind.ROTATION else one.kind.lower()
                getattr(bone, channel)[one.index] = value
    if turned:
        vectors = {place: np.zeros(3) for place in turned}
        for one, value in zip(controls, values, strict=True):
            place = (one.places[0].uid, one.places[0].path)
            if one.kind is Kind.ROTATION and place in vectors:
                vectors[place][one.index] = one.rest + value
        for (uid, path), vector in vectors.items():
            turn(owners[uid].path_resolve(path), vector)


def turn(bone: bpy.types.PoseBone, vector: np.ndarray) -> None:
    """Give a bone with quaternions, or axis and angle, the rotation of a rotation vector (3,)."""
    angle = float(np.linalg.norm(vector))
    axis = Vector(vector / angle) if angle > 0 else Vector((0.0, 1.0, 0.0))
    if bone.rotation_mode == "QUATERNION":
        bone.rotation_quaternion = Quaternion(axis, angle)
    else:
        bone.rotation_axis_angle = (angle, *axis)


def write_property(owner: bpy.types.ID, path: str, value: float) -> None:
    """Set a custom property, and let what it drives know."""
    write_value(owner, path, 0, value)
    owner.update_tag()
