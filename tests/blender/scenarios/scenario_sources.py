"""Whatever moves a mesh: the performance that is cloned from it has the curve that moved it."""

import struct
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.performing import PERFORMING

FIRST = 3
JAW = np.array([0.0, 0.0, 0.0, 0.25, 1.0, 0.5, 0.0, 0.0])
FALL = 0.1
"""How far jawOpen lowers what is below the middle, as the fake backend has it."""


pytestmark = pytest.mark.usefixtures("no_backend_left")


@pytest.fixture
def actor(add_mesh) -> bpy.types.Object:
    """A mesh without keys that nothing moves yet; not selected, beside a face that is."""
    item = add_mesh("Actor", 8)
    item.select_set(False)
    face = add_mesh("Face")
    for name in ("Basis", "jawOpen"):
        face.shape_key_add(name=name, from_mix=False)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = FIRST, FIRST + len(JAW) - 1
    scene.render.fps = 24
    return item


def below(item: bpy.types.Object) -> list[int]:
    heights = np.array([vertex.co.z for vertex in item.data.vertices])
    return np.flatnonzero(heights < (heights.min() + heights.max()) / 2).tolist()


def lowered(item: bpy.types.Object) -> np.ndarray:
    """(T, n, 3): where its vertices are in every frame."""
    points = np.array([vertex.co for vertex in item.data.vertices])
    frames = np.tile(points, (len(JAW), 1, 1))
    frames[:, below(item), 2] -= FALL * JAW[:, None]
    return frames


def key_over_time(set_value: Callable[[float], None], insert: Callable[[int], object]) -> None:
    for frame, value in enumerate(JAW, start=FIRST):
        set_value(float(value))
        insert(frame)


def by_armature(actor: bpy.types.Object, folder: Path) -> str:
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    rig.data.edit_bones.new("jaw").tail = (0, 0, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.select_set(False)
    actor.vertex_groups.new(name="jaw").add(below(actor), 1.0, "REPLACE")
    actor.modifiers.new("Armature", "ARMATURE").object = rig
    bone = rig.pose.bones["jaw"]
    key_over_time(lambda value: setattr(bone, "location", (0, -FALL * value, 0)),
                  lambda frame: bone.keyframe_insert("location", frame=frame))  # fmt: skip
    return "Actor"


def by_cache(actor: bpy.types.Object, path: Path, header: bytes, frames: bytes) -> str:
    path.write_bytes(header + frames)
    cache = actor.modifiers.new("Cache", "MESH_CACHE")
    cache.cache_format, cache.filepath = path.suffix[1:].upper(), str(path)
    cache.frame_start, cache.forward_axis, cache.up_axis = FIRST, "POS_Y", "POS_Z"
    return "Actor"


def by_mdd(actor: bpy.types.Object, folder: Path) -> str:
    frames = lowered(actor)
    times = np.arange(len(JAW), dtype=">f4").tobytes()
    header = struct.pack(">ii", *frames.shape[:2]) + times
    return by_cache(actor, folder / "cache.mdd", header, frames.astype(">f4").tobytes())


def by_pc2(actor: bpy.types.Object, folder: Path) -> str:
    frames = lowered(actor)
    header = struct.pack("<12siiffi", b"POINTCACHE2\0", 1, frames.shape[1], 0.0, 1.0, frames.shape[0])
    return by_cache(actor, folder / "cache.pc2", header, frames.astype("<f4").tobytes())


def add_key(actor: bpy.types.Object) -> None:
    actor.shape_key_add(name="Basis", from_mix=False)
    key = actor.shape_key_add(name="down", from_mix=False)
    for at in below(actor):
        key.points[at].co.z -= FALL
    key_over_time(lambda value: setattr(key, "value", value), lambda frame: key.keyframe_insert("value", frame=frame))


def by_file(actor: bpy.types.Object, write: Callable[[], object], read: Callable[[], object]) -> str:
    """Written with a key that moves it, and read back in its place."""
    add_key(actor)
    face = bpy.data.objects["Face"]
    actor.select_set(True)
    face.select_set(False)
    write()
    bpy.data.objects.remove(actor)
    before = set(bpy.data.objects)
    read()
    (mesh,) = (item for item in set(bpy.data.objects) - before if item.type == "MESH")
    assert mesh.data.shape_keys is None and [one.type for one in mesh.modifiers] == ["MESH_SEQUENCE_CACHE"]
    for item in bpy.data.objects:
        item.select_set(item == face)
    return mesh.name


def by_alembic(actor: bpy.types.Object, folder: Path) -> str:
    path = str(folder / "actor.abc")
    frames = {"start": FIRST, "end": FIRST + len(JAW) - 1}
    return by_file(
        actor,
        lambda: bpy.ops.wm.alembic_export(filepath=path, selected=True, as_background_job=False, **frames),
        lambda: bpy.ops.wm.alembic_import(filepath=path, set_frame_range=False, as_background_job=False),
    )


def by_usd(actor: bpy.types.Object, folder: Path) -> str:
    path = str(folder / "actor.usdc")
    return by_file(
        actor,
        lambda: bpy.ops.wm.usd_export(
            filepath=path, selected_objects_only=True, export_animation=True, export_shapekeys=False
        ),
        lambda: bpy.ops.wm.usd_import(filepath=path, set_frame_range=False),
    )


def by_modifier(actor: bpy.types.Object, folder: Path) -> str:
    actor.vertex_groups.new(name="jaw").add(below(actor), 1.0, "REPLACE")
    push = actor.modifiers.new("Push", "DISPLACE")
    push.direction, push.vertex_group, push.mid_level = "Z", "jaw", 0.0
    key_over_time(lambda value: setattr(push, "strength", -FALL * value),
                  lambda frame: push.keyframe_insert("strength", frame=frame))  # fmt: skip
    return "Actor"


def by_strips(actor: bpy.types.Object, folder: Path) -> str:
    """The action is played by the NLA."""
    add_key(actor)
    animation = actor.data.shape_keys.animation_data
    action, slot = animation.action, getattr(animation, "action_slot", None)
    strip = animation.nla_tracks.new().strips.new("take", FIRST, action)
    if slot is not None:
        strip.action_slot = slot
    animation.action = None
    return "Actor"


SOURCES = (by_armature, by_mdd, by_pc2, by_alembic, by_usd, by_modifier, by_strips)


@pytest.mark.parametrize("move", SOURCES, ids=lambda move: move.__name__)
def test_what_moves_a_mesh_is_found(move, actor, tmp_path) -> None:
    source = move(actor, tmp_path)
    bpy.context.scene.frame_set(1)
    assert bpy.ops.facsimile.clone(source=source) == {"FINISHED"}
    take = PERFORMING.take
    assert take is not None and (take.first, take.motion.fps, len(take.motion.weights)) == (FIRST, 24.0, len(JAW))
    # What is below the middle differs from what was lowered by the vertices at the middle alone.
    assert np.allclose(take.motion.named(("jawOpen",)).weights[:, 0], JAW, atol=0.02)
    assert bpy.context.scene.frame_current == 1
