"""The open head on Blender's own Rigify: a face of bones, as a rigger would set it up in an afternoon."""

import bpy
import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from addon.frame import to_blender
from backend.faces.open_head import OpenHead, load_open_head, open_head_mesh
from backend.geometry.mesh import PARTS
from demonstration.heads import add_mesh, coordinates, own_polygons

SKULL = "spine.006"
"""The metarig's bone that holds the head."""

WHOLE = {
    "teeth_upper": "ORG-teeth.T",
    "teeth_lower": "ORG-teeth.B",
    "tongue": "DEF-tongue",
    "eye_left": "MCH-eye.L",
    "eye_right": "MCH-eye.R",
}
"""Parts that hang on one bone, which Rigify leaves to the rigger."""

Joint = tuple[str, str]
"""A bone of the metarig and "head" or "tail"."""


def add_rigify_head() -> tuple[bpy.types.Object, list[bpy.types.Object]]:
    """The generated rig and the meshes that hang on it. Needs Blender's Rigify; takes some seconds."""
    bpy.ops.preferences.addon_enable(module="rigify")
    rig = generate(load_open_head())
    mesh = open_head_mesh()
    meshes = {name: add_mesh(name, *own_polygons(mesh, at)) for at, name in enumerate(mesh.object_names)}
    for item in meshes.values():
        item.parent = rig
        item.modifiers.new("Armature", "ARMATURE").object = rig
    bind_by_heat(rig, meshes["head"])
    for name in ("eye_left", "eye_right", "mouth"):
        bind_parts(rig, meshes[name], mesh.object_names.index(name))
    bind_like(meshes["lashes"], meshes["head"])
    return rig, list(meshes.values())


def generate(head: OpenHead) -> bpy.types.Object:
    """Rigify's rig for the face of its human metarig, brought to the open head."""
    bpy.ops.object.armature_human_metarig_add()
    metarig = bpy.context.object
    face = metarig.data.bones["face"]
    kept = {SKULL, "face"} | {bone.name for bone in face.children_recursive}
    bpy.ops.object.mode_set(mode="EDIT")
    bones = metarig.data.edit_bones
    for bone in list(bones):
        if bone.name not in kept:
            bones.remove(bone)
    places = joints(head)
    at = np.array([getattr(bones[name], end) for name, end in places])
    warp = RBFInterpolator(at, np.array(list(places.values())), kernel="linear")
    moved = {bone.name: warp(np.array([bone.head, bone.tail])) for bone in bones}
    connected = [bone for bone in bones if bone.use_connect]
    for bone in connected:
        bone.use_connect = False
    for bone in bones:
        bone.head, bone.tail = moved[bone.name]
    for bone in connected:
        bone.use_connect = True
    bpy.ops.object.mode_set(mode="OBJECT")
    metarig.pose.bones[SKULL].rigify_type = "basic.super_copy"
    bpy.ops.pose.rigify_generate()
    rig = bpy.context.object
    bpy.data.objects.remove(metarig)
    return rig


def joints(head: OpenHead) -> dict[Joint, np.ndarray]:
    """Where joints of the metarig belong, (3,) in Blender's axes."""
    points = head.landmarks(head.vertices).astype(np.float64)
    ear, crown = np.array([0.075, 0.03, -0.01]), head.vertices[head.vertices[:, 1].argmax()]
    found: dict[Joint, np.ndarray] = {
        ("nose", "head"): points[27],
        ("nose.001", "head"): points[29],
        ("nose.002", "head"): points[30],
        ("nose.004", "head"): points[33],
        ("lip.T.L", "head"): points[51],
        ("lip.B.L", "head"): points[57],
        ("chin", "head"): points[8],
        ("chin.001", "tail"): 0.6 * points[57] + 0.4 * points[8],
        ("jaw", "head"): points[8] - np.array([0.0, 0.0, 0.06]),
        (SKULL, "head"): np.array([0.0, -0.05, 0.0]),
        (SKULL, "tail"): crown * np.array([0.0, 1.0, 0.0]),
    }
    for side, sign, name in (("L", 1.0, "left"), ("R", -1.0, "right")):
        # The landmarks of the other side, in the order from the middle of the face outwards.
        brow, corner = points[22:27], points[54]
        lips = {"T": points[53], "B": points[55]}
        jaw = points[[15, 12, 10]]
        nostril = points[35]
        if sign < 0:
            brow, corner, lips = points[21:16:-1], points[48], {"T": points[49], "B": points[59]}
            jaw, nostril = points[[1, 4, 6]], points[31]
        upper, lower = (head.vertices[head.loops[f"eye_{name}_{lid}"]].astype(np.float64) for lid in ("upper", "lower"))
        if sign > 0:
            upper, lower = upper[::-1], lower[::-1]
        for number, share in enumerate((0.0, 0.25, 0.5, 0.75)):
            suffix = f".{side}" + (f".{number:03}" if number else "")
            over, under = along(upper, share), along(lower[::-1], share)
            found[f"lid.T{suffix}", "head"], found[f"lid.B{suffix}", "head"] = over, under
            found[f"brow.B{suffix}", "head"] = 0.5 * over + 0.5 * along(brow[::-1], share)
        found[f"brow.B.{side}.003", "tail"] = 0.5 * upper[-1] + 0.5 * brow[0]
        for number, place in ((1, brow[4]), (2, brow[2]), (3, brow[0])):
            found[f"brow.T.{side}.{number:03}", "head"] = place
        for lid in "TB":
            found[f"lip.{lid}.{side}.001", "head"] = lips[lid]
        found[f"lip.T.{side}.001", "tail"] = corner
        found[f"nose.{side}.001", "head"] = nostril
        found[f"jaw.{side}", "head"], found[f"jaw.{side}.001", "head"], found[f"chin.{side}", "head"] = jaw
        eye = head.eye_centers[0 if sign > 0 else 1].astype(np.float64)
        found[f"eye.{side}", "head"] = eye
        found[f"ear.{side}", "head"] = ear * (sign, 1.0, 1.0)
    return {joint: to_blender(place) for joint, place in found.items()}


def along(chain: np.ndarray, share: float) -> np.ndarray:
    """(3,) the point at a share of the length of a chain (n, 3)."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(chain, axis=0), axis=1))])
    return np.array([np.interp(share * length[-1], length, chain[:, axis]) for axis in range(3)])


def bind_by_heat(rig: bpy.types.Object, item: bpy.types.Object) -> None:
    """Blender's automatic weights."""
    bpy.ops.object.select_all(action="DESELECT")
    rig.select_set(True)
    item.select_set(True)
    bpy.context.view_layer.objects.active = rig
    item.modifiers.clear()
    bpy.ops.object.parent_set(type="ARMATURE_AUTO")


def bind_parts(rig: bpy.types.Object, item: bpy.types.Object, number: int) -> None:
    """Eyeballs, teeth and tongue, each on its bone; number: of the object in the open head's mesh."""
    parts = load_open_head().parts[open_head_mesh().objects == number]
    for part, bone in WHOLE.items():
        chosen = np.flatnonzero(parts == PARTS.index(part))
        if len(chosen):
            rig.data.bones[bone].use_deform = True
            item.vertex_groups.new(name=bone).add(chosen.tolist(), 1.0, "REPLACE")


def bind_like(item: bpy.types.Object, skin: bpy.types.Object) -> None:
    """Each vertex with the weights of the nearest of the skin's."""
    nearest = cKDTree(coordinates(skin.data)).query(coordinates(item.data))[1]
    for group in skin.vertex_groups:
        item.vertex_groups.new(name=group.name)
    for at, source in enumerate(nearest):
        for entry in skin.data.vertices[source].groups:
            item.vertex_groups[skin.vertex_groups[entry.group].name].add([at], entry.weight, "REPLACE")
