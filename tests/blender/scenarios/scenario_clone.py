"""Performances of meshes and of keys in the scene, onto other meshes and into files."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.blender_version import curves_of
from bl_ext.user_default.facsimile.addon.clip_read import read_still
from bl_ext.user_default.facsimile.addon.keyframes import key_points
from bl_ext.user_default.facsimile.addon.own_keys import matching_keys
from bl_ext.user_default.facsimile.addon.performing import PERFORMING
from bl_ext.user_default.facsimile.backend.capture import read_performance
from digest import digest

JAW = np.array([0.0, 0.25, 1.0, 0.5, 0.0])


pytestmark = pytest.mark.usefixtures("no_backend_left")


@pytest.fixture
def actor(add_mesh) -> bpy.types.Object:
    """A mesh whose lower half goes down by 0.1 with a key, animated by hand in frames 3 to 7; not selected."""
    item = add_mesh("Actor", 8)
    item.shape_key_add(name="Basis", from_mix=False)
    key = item.shape_key_add(name="open wide", from_mix=False)
    for point, base in zip(key.points, item.data.vertices, strict=True):
        point.co.z -= 0.1 * (base.co.z < 0)
    for frame, value in enumerate(JAW, start=3):
        key.value = value
        key.keyframe_insert("value", frame=frame)
    item.select_set(False)
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 3, 7
    bpy.context.scene.frame_set(1)
    return item


@pytest.fixture
def face(add_mesh) -> bpy.types.Object:
    item = add_mesh("Face")
    for name in ("Basis", "jawOpen"):
        item.shape_key_add(name=name, from_mix=False)
    return item


def jaw_points(item: bpy.types.Object) -> np.ndarray:
    (curve,) = curves_of(item.data.shape_keys)
    return key_points(curve)


def state(item: bpy.types.Object) -> tuple:
    return item.show_only_shape_key, item.active_shape_key_index, bpy.context.scene.frame_current


def test_a_mesh_in_motion_becomes_curves_at_its_own_frames(actor, face) -> None:
    before = state(actor)
    assert bpy.ops.facsimile.clone(source="Actor") == {"FINISHED"}
    assert jaw_points(face)[:, 0].tolist() == [3, 4, 5, 6, 7]
    # What is below the middle differs from the key's half by the vertices at the middle alone.
    assert np.allclose(jaw_points(face)[:, 1], JAW, atol=0.02)
    assert state(actor) == before
    assert PERFORMING.take is not None and PERFORMING.take.name == "Actor"


def test_a_modifier_and_the_object_s_own_motion_are_read_too(actor, face) -> None:
    actor.active_shape_key_index = 0
    actor.shape_key_clear()
    empty = bpy.data.objects.new("Carrier", None)
    bpy.context.collection.objects.link(empty)
    actor.parent = empty
    for frame, value in ((3, 0.0), (5, -0.05), (7, 0.0)):
        actor.location.z = value
        actor.keyframe_insert("location", index=2, frame=frame)
    actor.modifiers.new("Subdivision", "SUBSURF").levels = 1
    assert bpy.ops.facsimile.clone(source="Carrier", neutral="FRAME", neutral_frame=3) == {"FINISHED"}
    assert jaw_points(face)[2, 1] == pytest.approx(0.5, abs=1e-3)
    assert jaw_points(face)[[0, 4], 1] == pytest.approx([0, 0], abs=1e-5)


def test_without_keys_or_armature_the_frame_like_most_others_is_the_rest(actor, face) -> None:
    actor.shape_key_clear()
    for frame, value in ((3, -0.1), (4, 0.0), (5, 0.0), (6, 0.0), (7, 0.0)):
        for vertex in (0, 1, 2, 3):
            actor.data.vertices[vertex].co.z = -1.0 + value
            actor.data.vertices[vertex].keyframe_insert("co", index=2, frame=frame)
    assert bpy.ops.facsimile.clone(source="Actor") == {"FINISHED"}
    values = jaw_points(face)[:, 1]
    assert values[0] > 0.05 and np.allclose(values[1:], 0, atol=1e-6)
    with pytest.raises(RuntimeError, match="no rest pose"):
        bpy.ops.facsimile.clone(source="Actor", neutral="REST")


def test_a_range_a_start_and_a_file_are_respected(actor, face, tmp_path: Path) -> None:
    saved = tmp_path / "take.csv"
    done = bpy.ops.facsimile.clone(
        source="Actor", scene_range=False, first_frame=4, last_frame=6, start_frame=100, save=str(saved)
    )
    assert done == {"FINISHED"}
    assert jaw_points(face)[:, 0].tolist() == [100, 101, 102]
    motion = read_performance(saved)
    assert np.allclose(motion.named(("jawOpen",)).weights[:, 0], jaw_points(face)[:, 1], atol=1e-6)
    again = tmp_path / "again.npz"
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 100, 102
    assert bpy.ops.facsimile.save_performance(filepath=str(again), what="KEYS") == {"FINISHED"}
    assert np.allclose(read_performance(again).weights[:, 0], jaw_points(face)[:, 1], atol=1e-6)
    assert bpy.ops.facsimile.save_performance(filepath=str(tmp_path / "t.npz"), what="TAKE") == {"FINISHED"}
    with pytest.raises(RuntimeError, match="neither a"):
        bpy.ops.facsimile.save_performance(filepath=str(tmp_path / "t.fbx"), what="TAKE")


def test_keys_of_known_names_are_read_as_values(actor, face) -> None:
    actor.data.shape_keys.key_blocks["open wide"].name = "JawOpen"
    driver = actor.data.shape_keys.key_blocks["JawOpen"].id_data.driver_add('key_blocks["JawOpen"].value').driver
    driver.expression = "frame / 10"
    assert bpy.ops.facsimile.clone(source="Actor", kind="KEYS") == {"FINISHED"}
    assert np.allclose(jaw_points(face)[:, 1], np.arange(3, 8) / 10)
    actor.data.shape_keys.key_blocks["JawOpen"].name = "open wide"
    with pytest.raises(RuntimeError, match="no shape keys of known names"):
        bpy.ops.facsimile.clone(source="Actor", kind="KEYS")


def test_the_target_s_own_keys_are_sent_where_it_is_the_same_mesh(actor) -> None:
    twin = actor.copy()
    twin.data = actor.data.copy()
    # Both would share the action, whose paths follow the name.
    twin.data.shape_keys.animation_data_clear()
    twin.data.shape_keys.key_blocks["open wide"].name = "jawOpen"
    twin.scale = (2, 2, 2)
    bpy.context.collection.objects.link(twin)
    actor.rotation_euler.z = 1.0
    bpy.context.scene.frame_set(3)
    rest = read_still([actor], np.zeros(3))
    found = matching_keys([twin], rest)
    assert found.names == ("jawOpen",)
    assert abs(found.basis - rest.points).max() < 1e-5
    bpy.context.scene.frame_set(5)
    moved = read_still([actor], np.zeros(3)).points - rest.points
    assert abs(found.deltas[0] - moved).max() < 1e-5
    assert matching_keys([actor], rest) is None
    every = matching_keys([actor], rest, every=True)
    assert every.names == ("open wide",)
    assert abs(every.deltas[0] - moved).max() < 1e-5


def by_alembic(actor: bpy.types.Object, folder: Path) -> str:
    """Baked with the modifier whose ratio falls at frame 6, and read back: a cache whose topology changes."""
    decimated(actor)
    actor.select_set(True)
    path = str(folder / "actor.abc")
    bpy.ops.wm.alembic_export(filepath=path, start=3, end=7, selected=True, as_background_job=False)
    bpy.data.objects.remove(actor)
    bpy.ops.wm.alembic_import(filepath=path, set_frame_range=False, as_background_job=False)
    return next(item.name for item in bpy.data.objects if item.name.startswith("Actor"))


def by_nodes(actor: bpy.types.Object, folder: Path) -> str:
    """Geometry nodes that subdivide from frame 6 on."""
    actor.shape_key_clear()
    tree = bpy.data.node_groups.new("Grow", "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    kinds = ("NodeGroupInput", "GeometryNodeSubdivideMesh", "NodeGroupOutput")
    start, divide, end = (tree.nodes.new(kind) for kind in kinds)
    tree.links.new(start.outputs[0], divide.inputs["Mesh"])
    tree.links.new(divide.outputs["Mesh"], end.inputs[0])
    for frame, level in ((5, 0), (6, 1)):
        divide.inputs["Level"].default_value = level
        divide.inputs["Level"].keyframe_insert("default_value", frame=frame)
    actor.modifiers.new("Grow", "NODES").node_group = tree
    return actor.name


def decimated(actor: bpy.types.Object) -> str:
    modifier = actor.modifiers.new("Decimate", "DECIMATE")
    for frame, ratio in ((3, 1.0), (5, 1.0), (6, 0.3)):
        modifier.ratio = ratio
        modifier.keyframe_insert("ratio", frame=frame)
    return actor.name


def by_decimation(actor: bpy.types.Object, folder: Path) -> str:
    return decimated(actor)


@pytest.mark.parametrize("change", [by_decimation, by_alembic, by_nodes], ids=lambda change: change.__name__)
def test_topology_that_changes_midway_is_refused_with_a_sentence(change, actor, face, tmp_path) -> None:
    source = change(actor, tmp_path)
    for item in bpy.data.objects:
        item.select_set(item == face)
    bpy.context.scene.frame_set(1)
    before = digest()
    with pytest.raises(RuntimeError, match=r"vertices at frame 6 and 64 at rest"):
        bpy.ops.facsimile.clone(source=source)
    assert digest() == before
    assert bpy.context.scene.frame_current == 1
    assert PERFORMING.step is None and PERFORMING.refusal is not None


def test_faces_that_change_midway_are_refused_though_their_number_stays(actor, face) -> None:
    """Of one of two meshes whose quads are the same but run the other way from frame 6 on."""
    actor.shape_key_clear()
    turn = bpy.data.node_groups.new("Turn", "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        turn.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    start, flip, end = (turn.nodes.new(kind) for kind in ("NodeGroupInput", "GeometryNodeFlipFaces", "NodeGroupOutput"))
    turn.links.new(start.outputs[0], flip.inputs["Mesh"])
    turn.links.new(flip.outputs["Mesh"], end.inputs[0])
    for frame, flipped in ((5, False), (6, True)):
        flip.inputs["Selection"].default_value = flipped
        flip.inputs["Selection"].keyframe_insert("default_value", frame=frame)
    actor.modifiers.new("Turn", "NODES").node_group = turn
    with pytest.raises(RuntimeError, match="faces of the source are others at frame 6 than at rest"):
        bpy.ops.facsimile.clone(source="Actor")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"source": "absent"}, 'no object "absent"'),
        ({"source": "Actor", "scene_range": False, "first_frame": 9, "last_frame": 3}, "ends before it begins"),
        ({"source": "Camera"}, "shows no mesh"),
        ({"source": "Face"}, "beside the source"),
        ({"source": "Actor", "where": "REPLACE", "action": "absent"}, 'no action "absent"'),
        ({"source": "Actor", "head_object": "absent"}, 'no object "absent"'),
        ({"source": "Actor", "head_object": "Actor", "head_bone": "absent"}, 'no bone "absent"'),
    ],
)
def test_what_cannot_be_cloned_is_refused_and_changes_nothing(actor, face, arguments, sentence) -> None:
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.collection.objects.link(camera)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.facsimile.clone(**arguments)
    assert face.data.shape_keys.animation_data is None
    assert PERFORMING.step is None
    assert bpy.ops.facsimile.clone(source="Actor") == {"FINISHED"}


def test_a_backend_that_dies_midway_is_told(actor, face, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_BACKEND", "die")
    with pytest.raises(RuntimeError, match="exit status 3"):
        bpy.ops.facsimile.clone(source="Actor")
    assert face.data.shape_keys.animation_data is None
    assert bpy.context.scene.frame_current == 1
    monkeypatch.delenv("FAKE_BACKEND")
    assert bpy.ops.facsimile.clone(source="Actor") == {"FINISHED"}
