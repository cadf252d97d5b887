"""Performances onto a character's own controls: keys, bones and properties, measured on the scene."""

import math
from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon import command_line
from bl_ext.user_default.facsimile.addon.blender_version import curves_of
from bl_ext.user_default.facsimile.addon.character import face_meshes, read_character, rig_of
from bl_ext.user_default.facsimile.addon.controls import Kind
from bl_ext.user_default.facsimile.addon.keyframes import key_points
from bl_ext.user_default.facsimile.addon.performing import PERFORMING
from bl_ext.user_default.facsimile.addon.puppet import Character, puppet
from bl_ext.user_default.facsimile.addon.residual import ATTRIBUTE
from bl_ext.user_default.facsimile.addon.rig_state import RIG
from bl_ext.user_default.facsimile.addon.session import SESSION
from bl_ext.user_default.facsimile.addon.takes import Take
from bl_ext.user_default.facsimile.backend.performance import read_npz
from bl_ext.user_default.facsimile.backend.rigs.mapping import read_mapping
from digest import digest

FRAMES = 40


def shown(item: bpy.types.Object) -> np.ndarray:
    """(n, 3) what is seen of an object without its last modifier."""
    item.modifiers["Subdivision"].show_viewport = False
    result = item.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    points = np.empty(3 * len(result.vertices), np.float32)
    result.vertices.foreach_get("co", points)
    item.modifiers["Subdivision"].show_viewport = True
    return points.reshape(-1, 3)


def selected_character() -> Character:
    meshes = face_meshes(bpy.context)
    return read_character(meshes, rig_of(bpy.context.active_object, meshes), bpy.context.scene.facsimile_rig)


def everything(rig: bpy.types.Object) -> object:
    """What must be as it was after measuring."""
    bones = [
        (bone.name, *bone.location, *bone.rotation_quaternion, *bone.rotation_euler, *bone.scale)
        for bone in rig.pose.bones
    ]
    modifiers = [(one.name, one.show_viewport) for item in bpy.data.objects for one in item.modifiers]
    data = rig.animation_data
    played = data and (data.action, data.use_nla, getattr(data, "action_slot", None))
    return bones, modifiers, rig.data.pose_position, played, digest()


def test_locks_and_limits_make_the_controls(rigged) -> None:
    found = {one.name: one for one in selected_character().controls}
    assert set(found) == {
        *(f"jaw.rotation.{axis}" for axis in "xyz"),
        "brow.location.y",
        *(f"idle.{kind}.{axis}" for kind in ("location", "rotation") for axis in "xyz"),
    }
    brow = found["brow.location.y"]
    assert (brow.kind, brow.minimum, brow.maximum) == (Kind.LOCATION, pytest.approx(-0.02), pytest.approx(0.05))


def test_a_puppet_shows_poses_and_leaves_nothing_behind(rigged) -> None:
    _, rig = rigged
    jaw = rig.pose.bones["jaw"]
    jaw.keyframe_insert("rotation_quaternion", frame=1)
    jaw.rotation_quaternion = (0.9, 0.1, 0.2, 0.3)
    rig.data.pose_position = "REST"
    bpy.context.view_layer.update()
    before = everything(rig)
    character = selected_character()
    at = [one.name for one in character.controls].index("jaw.rotation.x")
    values = np.zeros(len(character.controls))
    with puppet(character) as show:
        rest = show(values)
        values[at] = 0.1
        turned = show(values)
    assert everything(rig) == before
    height, depth = rest[:, 1], rest[:, 2]
    lower = height < (height.min() + height.max()) / 2
    assert np.abs((turned - rest)[~lower]).max() < 1e-6
    # The bone's own x is the face's: its turn carries y towards z, about the head of the bone at z = -10.
    radius = np.hypot(height[lower], depth[lower] + 10.0)
    assert np.allclose(np.linalg.norm((turned - rest)[lower], axis=1), 2 * radius * math.sin(0.05), rtol=1e-3)


def test_bones_do_what_the_performance_wants_within_their_limits(rigged, take_file) -> None:
    face, rig = rigged
    rest = shown(face)
    bpy.context.scene.render.fps = 24
    assert bpy.ops.facsimile.retarget(filepath=str(take_file), start_frame=10) == {"FINISHED"}
    curves = {(curve.data_path, curve.array_index): key_points(curve) for curve in curves_of(rig)}
    assert {path for path, _ in curves} == {
        'pose.bones["jaw"].rotation_quaternion',
        'pose.bones["brow"].location',
    }
    brow = curves['pose.bones["brow"].location', 1]
    assert np.allclose(brow[:, 0], 10 + np.arange(FRAMES))
    assert brow[:, 1].min() >= -0.02 - 1e-6 and 0.045 < brow[:, 1].max() <= 0.05 + 1e-6
    bpy.context.scene.frame_set(10 + FRAMES // 2)
    moved = shown(face) - rest
    lower = rest[:, 2] < -0.1
    wanted = 0.1 * math.sin(math.pi * (FRAMES // 2) / (FRAMES - 1))
    assert np.abs(moved[lower][:, 2] + wanted).mean() < 0.1 * wanted
    assert RIG.result is not None and RIG.result.regions == ("brows", "jaw")
    missed = RIG.result.residual / np.maximum(RIG.result.wanted.max(0), 1e-9)
    # The brows are wanted higher than their limit lets them go; the jaw can follow.
    assert missed[-1, 1] > 0.2 > 0.1 > missed[FRAMES // 2, 2]
    rows = {row.name: row.use for row in bpy.context.scene.facsimile_rig.rows}
    assert rows["jaw.rotation.x"] == "solve" and rows["idle.location.x"] == "rest"


def test_keys_and_properties_are_driven_whatever_their_names(add_mesh, points_of, take_file) -> None:
    face = add_mesh("Face")
    face.shape_key_add(name="Basis", from_mix=False)
    heights = points_of(face)[:, 2]
    middle = (heights.min() + heights.max()) / 2
    for name, chosen, step in (("Key 1", heights < middle, -0.1), ("driven", heights > middle + 0.6, 0.08)):
        block = face.shape_key_add(name=name, from_mix=False)
        for vertex in np.flatnonzero(chosen):
            block.data[vertex].co.z += step
    face["raise"] = 0.0
    face.id_properties_ui("raise").update(min=0.0, max=2.0)
    drive = face.data.shape_keys.key_blocks["driven"].driver_add("value").driver
    drive.type = "SUM"
    variable = drive.variables.new()
    variable.targets[0].id = face
    variable.targets[0].data_path = '["raise"]'
    assert bpy.ops.facsimile.retarget(filepath=str(take_file)) == {"FINISHED"}
    (key,) = curves_of(face.data.shape_keys)
    assert key.data_path == 'key_blocks["Key 1"].value'
    assert np.allclose(key_points(key)[:, 1], np.sin(np.pi * np.linspace(0, 1, FRAMES)), atol=1e-5)
    (raised,) = curves_of(face)
    assert raised.data_path == '["raise"]'
    values = key_points(raised)[:, 1]
    assert values[0] == pytest.approx(0, abs=0.02) and values[-1] > 0.7 and values.max() <= 2.0
    assert bpy.ops.facsimile.show_residual(colour=True, strip=True) == {"FINISHED"}
    layer = face.data.color_attributes[ATTRIBUTE]
    assert len(layer.data) == len(face.data.vertices)
    assert any(curve.data_path == '["residual face"]' for curve in curves_of(face))


def test_a_row_that_was_edited_is_followed_and_saved_for_others(rigged, take_file) -> None:
    settings = bpy.context.scene.facsimile_rig
    assert bpy.ops.facsimile.retarget(filepath=str(take_file)) == {"FINISHED"}
    row = settings.rows["brow.location.y"]
    row.use, row.follows = "follow", "jawOpen 0.03"
    settings.preset = "two bones"
    assert bpy.ops.facsimile.save_mapping() == {"FINISHED"}
    settings.rows.clear()
    assert bpy.ops.facsimile.load_mapping() == {"FINISHED"}
    assert bpy.ops.facsimile.retarget(filepath=str(take_file)) == {"FINISHED"}
    curve = next(c for c in curves_of(rigged[1]) if c.data_path == 'pose.bones["brow"].location')
    assert np.allclose(key_points(curve)[:, 1], 0.03 * np.sin(np.pi * np.linspace(0, 1, FRAMES)), atol=1e-5)
    assert bpy.ops.facsimile.remove_mapping() == {"FINISHED"}
    settings.rows["brow.location.y"].follows = "jawOpne 1"
    with pytest.raises(RuntimeError, match="cannot follow jawOpne"):
        bpy.ops.facsimile.retarget(filepath=str(take_file))


def test_what_cannot_be_done_is_said_and_changes_nothing(rigged, take_file, tmp_path, monkeypatch) -> None:
    face, rig = rigged
    settings = bpy.context.scene.facsimile_rig

    def refused(match: str, path: Path = take_file) -> None:
        before = everything(rig)
        with pytest.raises(RuntimeError, match=match):
            bpy.ops.facsimile.retarget(filepath=str(path))
        assert everything(rig) == before

    refused("There is no file", tmp_path / "absent.csv")
    for bone in rig.pose.bones:
        bone.lock_location = bone.lock_rotation = bone.lock_scale = (True, True, True)
    refused("no control that is free")
    rig.pose.bones["idle"].lock_location = (False, False, False)
    refused("No control moves a vertex")
    settings.bones, settings.collection = "COLLECTION", ""
    refused("No bone collection is chosen")
    face.select_set(False)
    bpy.context.view_layer.objects.active = None
    refused("No mesh is selected")


def test_keys_that_are_locked_muted_or_driven_are_said(add_mesh, take_file) -> None:
    face = add_mesh("Face")
    face.shape_key_add(name="Basis", from_mix=False)
    key = face.shape_key_add(name="down", from_mix=False)
    for point in key.points:
        point.co.z -= 0.1 * (point.co.z < 0)

    def refused(match: str) -> None:
        before = digest()
        with pytest.raises(RuntimeError, match=match):
            bpy.ops.facsimile.retarget(filepath=str(take_file))
        assert digest() == before

    # Blender makes it a thousandth.
    key.slider_max = 0.0
    refused("No control moves a vertex.*widen the controls' ranges")
    key.slider_max, key.mute = 1.0, True
    refused("no control that is free to move.*unmute keys")
    key.mute = False
    key.driver_add("value").driver.expression = "0"
    refused("no control that is free to move.*what drives them")
    key.driver_remove("value")
    key.slider_max = 1.0
    assert bpy.ops.facsimile.retarget(filepath=str(take_file)) == {"FINISHED"}


def test_keys_that_fight_each_other_give_a_result_and_a_sentence(add_mesh, points_of, take_file) -> None:
    face = add_mesh("Face")
    face.shape_key_add(name="Basis", from_mix=False)
    heights = points_of(face)[:, 2]
    for name, step in (("down", -0.1), ("down too", -0.1), ("up", 0.1)):
        block = face.shape_key_add(name=name, from_mix=False)
        block.value = 0
        for vertex in np.flatnonzero(heights < (heights.min() + heights.max()) / 2):
            block.data[vertex].co.z += step
    assert bpy.ops.facsimile.retarget(filepath=str(take_file)) == {"FINISHED"}
    values = {curve.data_path.split('"')[1]: key_points(curve)[:, 1] for curve in curves_of(face.data.shape_keys)}
    assert all(0 <= value <= 1 for column in values.values() for value in column)
    down = values["down"] + values.get("down too", 0) - values.get("up", 0)
    assert np.allclose(down, np.sin(np.pi * np.linspace(0, 1, FRAMES)), atol=0.1)
    assert RIG.result is not None
    assert any("do the same" in note for note in RIG.result.study.notes) or "down too" not in values


def test_bones_of_a_mesh_without_a_face_are_left_alone(rigged, take_file, monkeypatch) -> None:
    SESSION.queue.stop()
    monkeypatch.setenv("FAKE_BACKEND", "faceless")
    before = everything(rigged[1])
    with pytest.raises(RuntimeError, match="No face was found on the rig"):
        bpy.ops.facsimile.retarget(filepath=str(take_file))
    assert everything(rigged[1]) == before
    SESSION.queue.stop()


def test_a_take_at_hand_needs_no_file(rigged, take_file) -> None:
    PERFORMING.take = Take("cloned", read_npz(take_file))
    try:
        assert bpy.ops.facsimile.retarget() == {"FINISHED"}
    finally:
        PERFORMING.take = None
    assert rigged[1].animation_data.action.name == "cloned"
    with pytest.raises(RuntimeError, match="No performance is chosen"):
        bpy.ops.facsimile.retarget()


def test_the_verb_writes_curves_a_mapping_and_what_is_missed(rigged, take_file, tmp_path, capsys) -> None:
    source, out = tmp_path / "rigged.blend", tmp_path / "acting.blend"
    mapping, missed = tmp_path / "mapping.json", tmp_path / "missed.csv"
    bpy.ops.wm.save_as_mainfile(filepath=str(source), copy=True)
    asked = ["retarget", str(source), "--performance", str(take_file), "--out", str(out), "--objects", "Face"]
    assert command_line.run([*asked, "--mapping-out", str(mapping), "--residual-out", str(missed)]) == 0
    assert "jaw: misses" in capsys.readouterr().out
    assert read_mapping(mapping)["jaw.rotation.x"].use == "solve"
    rows = missed.read_text().splitlines()
    assert rows[0] == "frame,face,brows,jaw" and len(rows) == 1 + FRAMES
    bpy.ops.wm.open_mainfile(filepath=str(out))
    assert {curve.data_path for curve in curves_of(bpy.data.objects["Rig"])} == {
        'pose.bones["jaw"].rotation_quaternion',
        'pose.bones["brow"].location',
    }
    assert command_line.run([*asked, "--bones", "Nothing"]) == 2
    assert "no control that is free" in capsys.readouterr().err
