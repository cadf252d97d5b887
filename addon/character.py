"""The selected character: the meshes of its face, the rig that moves them, and its controls."""

from collections.abc import Iterable
from typing import Any

import bpy
import numpy as np

from ..backend.errors import Refusal
from .bone_controls import bone_controls, chosen_bones, is_selected
from .controls import Control, Kind, distinct, key_controls, property_controls
from .puppet import Character
from .rig_properties import COLLECTION, NONE, SELECTED
from .scene_read import gather_head, mesh_of

REACH = 0.25
"""How far a bone without a limit goes, in shares of the least extent of the meshes."""


def read_character(meshes: list[bpy.types.Object], rig: bpy.types.Object | None, settings: Any) -> Character:
    """The controls of a face's meshes and of the rig that moves them; settings: as in FacsimileRig. Raises Refusal
    where no face is, or nothing of it can be moved."""
    if not meshes:
        raise Refusal("no-mesh", "No mesh is selected.", "Select the meshes of the face, or the rig that moves them.")
    for item in meshes:
        if item.mode not in ("OBJECT", "POSE"):
            raise Refusal("mode", f'"{item.name}" is being edited.', "Switch to Object Mode.")
    if not any(len(mesh_of(item).polygons) for item in meshes):
        raise Refusal("no-faces", "The selected meshes have no faces.", "Select a mesh that has a face surface.")
    head = gather_head(meshes)
    found: list[Control] = []
    if settings.keys:
        found += key_controls(meshes)
    if rig is not None and settings.bones != NONE:
        selected = settings.bones == SELECTED and any(is_selected(bone) for bone in rig.pose.bones)
        collection = settings.collection if settings.bones == COLLECTION else ""
        if settings.bones == COLLECTION and not collection:
            raise Refusal("no-collection", "No bone collection is chosen.", "Choose one, or other bones.")
        names = chosen_bones(rig, collection, selected)
        reach = REACH * float(np.ptp(head.vertices, axis=0).min())
        found += bone_controls(rig, names, channels(settings), reach)
    if settings.custom:
        found += property_controls(owners(meshes, rig))
    return Character(head, rig.session_uid if rig is not None else 0, distinct(found))


def channels(settings: Any) -> frozenset[Kind]:
    """The channels of bones that are used."""
    chosen = ((Kind.LOCATION, settings.location), (Kind.ROTATION, settings.rotation), (Kind.SCALE, settings.scale))
    return frozenset(kind for kind, used in chosen if used)


def face_meshes(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The selected meshes; where none is, those that the active rig moves and that can be seen."""
    chosen = [item for item in context.selected_objects if item.type == "MESH"]
    rig = context.active_object
    if chosen or rig is None or rig.type != "ARMATURE":
        return chosen
    return [
        item
        for item in context.view_layer.objects
        if item.type == "MESH" and rig in rigs_of(item) and item.visible_get()
    ]


def rig_of(active: bpy.types.Object | None, meshes: Iterable[bpy.types.Object]) -> bpy.types.Object | None:
    """The armature that moves the meshes: the active one, or else that of most of them."""
    found = [rig for item in meshes for rig in dict.fromkeys(rigs_of(item))]
    return active if active in found else max(found, key=found.count, default=None)


def rigs_of(item: bpy.types.Object) -> list[bpy.types.Object]:
    """The armatures that an object hangs on, by a modifier or as their child."""
    found = [one.object for one in item.modifiers if one.type == "ARMATURE" and one.object is not None]
    if item.parent is not None and item.parent.type == "ARMATURE":
        found.append(item.parent)
    return found


def owners(meshes: list[bpy.types.Object], rig: bpy.types.Object | None) -> list[Any]:
    """Who may have custom properties that drive the face."""
    found: list[Any] = [*meshes, *(item.data for item in meshes)]
    if rig is not None:
        found += [rig, rig.data, *rig.pose.bones]
    return list({owner.as_pointer(): owner for owner in found}.values())
