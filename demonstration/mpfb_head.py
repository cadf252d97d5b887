"""The head of MakeHuman's base mesh on the default rig of MPFB: some sixty bones that turn, made by others."""

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from addon.frame import to_blender
from demonstration.heads import add_mesh

BASE, BONES, WEIGHTS = "3dobjs/base.obj", "rigs/standard/rig.default.json", "rigs/standard/weights.default.json"
"""In the data folder of MPFB, whose files are CC0."""

DECIMETRE = 0.1

NECK = 0.58
"""Height above which the head is kept, metres."""

OBJECTS = {
    "head": ("body",),
    "eyes": ("helper-l-eye", "helper-r-eye"),
    "mouth": ("helper-upper-teeth", "helper-lower-teeth", "helper-tongue"),
    "lashes": ("helper-l-eyelashes-1", "helper-l-eyelashes-2", "helper-r-eyelashes-1", "helper-r-eyelashes-2"),
}
"""Objects and their groups of polygons in the base mesh."""


def add_mpfb_head(data: Path) -> tuple[bpy.types.Object, list[bpy.types.Object]]:
    """The rig and the meshes that hang on it, from the data folder of MPFB."""
    vertices, groups = read_base(data / BASE)
    bones = json.loads((data / BONES).read_text(encoding="utf-8"))
    # MPFB of before 2.0 has them at the top.
    rig = add_bones(bones.get("bones", bones))
    weights = json.loads((data / WEIGHTS).read_text(encoding="utf-8"))["weights"]
    return rig, [add_part(name, vertices, groups, weights, rig) for name in OBJECTS]


def read_base(path: Path) -> tuple[np.ndarray, dict[str, list[list[int]]]]:
    """Vertices (N, 3) in metres, y up, and the polygons of each group."""
    vertices: list[list[float]] = []
    groups: dict[str, list[list[int]]] = {}
    group: list[list[int]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            vertices.append([float(word) for word in words])
        elif kind == "g":
            group = groups.setdefault(words[0], [])
        elif kind == "f":
            group.append([int(word.split("/")[0]) - 1 for word in words])
    return DECIMETRE * np.array(vertices), groups


def add_bones(bones: dict[str, dict[str, Any]]) -> bpy.types.Object:
    """The armature in its rest pose, all bones free."""
    rig = bpy.data.objects.new("MPFB", bpy.data.armatures.new("MPFB"))
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    made = {name: rig.data.edit_bones.new(name) for name in bones}
    for name, bone in made.items():
        one = bones[name]
        bone.head, bone.tail = one["head"]["default_position"], one["tail"]["default_position"]
        bone.roll, bone.parent = one["roll"], made.get(one["parent"])
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig


def add_part(
    name: str,
    vertices: np.ndarray,
    groups: dict[str, list[list[int]]],
    weights: dict[str, list[tuple[int, float]]],
    rig: bpy.types.Object,
) -> bpy.types.Object:
    """One of OBJECTS above the neck, bound to the rig."""
    polygons = [polygon for group in OBJECTS[name] for polygon in groups[group] if vertices[polygon, 1].min() > NECK]
    used = np.unique(np.concatenate(polygons))
    renumbered = np.full(len(vertices), -1)
    renumbered[used] = np.arange(len(used))
    own = [tuple(renumbered[polygon].tolist()) for polygon in polygons]
    item = add_mesh(name, to_blender(vertices[used]), own)
    for bone, entries in weights.items():
        kept = [(int(renumbered[at]), weight) for at, weight in entries if renumbered[at] >= 0]
        group = item.vertex_groups.new(name=bone) if kept else None
        for at, weight in kept:
            assert group is not None
            group.add([at], weight, "REPLACE")
    item.parent = rig
    item.modifiers.new("Armature", "ARMATURE").object = rig
    return item


def face_bones(rig: bpy.types.Object) -> set[str]:
    """The bones below the head's."""
    return {bone.name for bone in rig.data.bones["head"].children_recursive}
