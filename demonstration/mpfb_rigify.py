"""The head of MakeHuman's base mesh on the face of MPFB's Rigify: chains of skin bones with glue between them, placed
and weighted by others."""

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from addon.frame import to_blender
from demonstration.mpfb_head import BASE, OBJECTS, add_part, read_base
from demonstration.rigify_head import SKULL

BONES, WEIGHTS = "rigs/rigify/rig.human.json", "rigs/rigify/weights.human_toes.json"
"""In the data folder of MPFB, whose files are CC0."""

FACE = "face"
"""The bone that all of the face hangs on."""

DEFORM = "DEF-"

LAYERS = {"secondary_coll_refs", "skin_secondary_coll_refs", "skin_secondary_layers_extra"}
"""Parameters that only say which controls are shown where."""


def add_mpfb_rigify(data: Path) -> tuple[bpy.types.Object, list[bpy.types.Object]]:
    """The generated rig and the meshes that hang on it, from the data folder of MPFB. Needs Blender's Rigify."""
    bpy.ops.preferences.addon_enable(module="rigify")
    vertices, groups = read_base(data / BASE)
    bones = json.loads((data / BONES).read_text(encoding="utf-8"))["bones"]
    rig = generate({name: bones[name] for name in [SKULL, *below(FACE, bones)]}, vertices, groups)
    weights = json.loads((data / WEIGHTS).read_text(encoding="utf-8"))["weights"]
    named = {name if name.startswith(DEFORM) else DEFORM + name: entries for name, entries in weights.items()}
    held = {name: entries for name, entries in named.items() if name in rig.data.bones}
    return rig, [add_part(name, vertices, groups, held, rig) for name in OBJECTS]


def below(name: str, bones: dict[str, dict[str, Any]]) -> list[str]:
    """A bone and all that hang on it, parents first."""
    found = [name]
    for child, bone in bones.items():
        if bone.get("parent") == name:
            found += below(child, bones)
    return found


def generate(
    bones: dict[str, dict[str, Any]], vertices: np.ndarray, groups: dict[str, list[list[int]]]
) -> bpy.types.Object:
    """Rigify's rig for the bones of a metarig, parents first."""
    bpy.ops.object.armature_human_metarig_add()
    metarig = bpy.context.object
    bpy.ops.object.mode_set(mode="EDIT")
    edit = metarig.data.edit_bones
    for bone in list(edit):
        edit.remove(bone)
    for name, one in bones.items():
        bone = edit.new(name)
        bone.head, bone.tail = (to_blender(joint(one[end], vertices, groups)) for end in ("head", "tail"))
        bone.parent = edit.get(one["parent"])
        bone.use_connect = one["use_connect"] and bone.parent is not None
        bone.roll = one["roll"]
        if one.get("roll_strategy") == "ALIGN_Z_WORLD_Z":
            bone.align_roll(Vector((0.0, 0.0, 1.0)))
    bpy.ops.object.mode_set(mode="OBJECT")
    for name, one in bones.items():
        for collection in one["collections"]:
            metarig.data.collections_all[collection].assign(metarig.data.bones[name])
        bone, wanted = metarig.pose.bones[name], one["rigify"]
        bone.rigify_type = wanted.get("rigify_type", "")
        for parameter, value in wanted.get("rigify_parameters", {}).items():
            if parameter not in LAYERS:
                setattr(bone.rigify_parameters, parameter, value)
    metarig.pose.bones[SKULL].rigify_type = "basic.super_copy"
    bpy.ops.pose.rigify_generate()
    rig = bpy.context.object
    bpy.data.objects.remove(metarig)
    return rig


def joint(place: dict[str, Any], vertices: np.ndarray, groups: dict[str, list[list[int]]]) -> np.ndarray:
    """(3,) where an end of a bone belongs, y up."""
    if place["strategy"] == "CUBE":
        corners = np.unique(np.concatenate(groups[place["cube_name"]]))
    else:
        corners = np.array(place.get("vertex_indices") or [place["vertex_index"]])
    right, forward, up = place.get("offset", (0.0, 0.0, 0.0))
    return vertices[corners].mean(0) + np.array([right, up, -forward])
