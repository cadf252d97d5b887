"""Curve options and the preview on a character's own controls: the same as on keys."""

import math
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon import preview
from bl_ext.user_default.facsimile.addon.blender_version import curves_of
from bl_ext.user_default.facsimile.addon.choices import Where
from bl_ext.user_default.facsimile.addon.keyframes import key_points
from bl_ext.user_default.facsimile.addon.performing import PERFORMING
from bl_ext.user_default.facsimile.addon.rig_panel import FACSIMILE_UL_controls
from bl_ext.user_default.facsimile.addon.rig_properties import fill_rows, row_entry
from bl_ext.user_default.facsimile.addon.rig_state import RIG
from bl_ext.user_default.facsimile.addon.session import SESSION
from bl_ext.user_default.facsimile.backend.performance import performance, write_npz
from bl_ext.user_default.facsimile.backend.rigs.mapping import Entry
from digest import digest

BROW = 'pose.bones["brow"].location'
TURN = 'pose.bones["jaw"].rotation_quaternion'


@pytest.fixture(autouse=True)
def nothing_left():
    yield
    PERFORMING.forget()
    SESSION.queue.stop()


def settings():
    return bpy.context.scene.facsimile_rig


def lowered(face: bpy.types.Object) -> float:
    """How far the lower part is below its rest, on average."""
    rest = np.array([vertex.co for vertex in face.data.vertices])
    face.modifiers["Subdivision"].show_viewport = False
    result = face.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    moved = np.array([vertex.co for vertex in result.vertices]) - rest
    face.modifiers["Subdivision"].show_viewport = True
    return float(-moved[rest[:, 2] < -0.1, 2].mean())


def points(rig: bpy.types.Object, path: str, index: int) -> np.ndarray:
    return key_points(next(one for one in curves_of(rig) if (one.data_path, one.array_index) == (path, index)))


def test_a_preview_shows_what_a_bake_would_and_leaves_no_trace(rigged, take_file) -> None:
    face, rig = rigged
    rig.pose.bones["jaw"].rotation_quaternion = (0.99, 0.0, 0.141, 0.0)
    rig.pose.bones["idle"].location = (0.1, 0.2, 0.3)
    bpy.context.view_layer.update()
    before = digest()
    settings().filepath, settings().preview_frame = str(take_file), 21
    assert bpy.ops.facsimile.preview_controls() == {"FINISHED"}
    wanted = 0.1 * math.sin(math.pi * 20 / 39)
    assert lowered(face) == pytest.approx(wanted, rel=0.05)
    settings().strength_mouth = 0.5
    assert lowered(face) == pytest.approx(0.5 * wanted, rel=0.05)
    settings().strength_mouth = 1.0
    shown = [np.array(rig.pose.bones[name].matrix_basis) for name in ("jaw", "brow")]
    bpy.context.scene.frame_set(5)
    assert lowered(face) == pytest.approx(wanted, rel=0.05)
    # A row that is decided by hand is obeyed at once.
    settings().preview_frame = 40
    row = settings().rows["brow.location.y"]
    row.use = "follow"
    assert RIG.refusal is not None and "follows no channel" in RIG.refusal.sentence
    row.follows = "browInnerUp 0.02"
    assert RIG.refusal is None
    assert rig.pose.bones["brow"].location.y == pytest.approx(0.02, abs=1e-6)
    row.follows = "browInnerDown 1"
    assert RIG.refusal is not None and "cannot follow" in RIG.refusal.sentence
    assert rig.pose.bones["brow"].location.y == pytest.approx(0.02, abs=1e-6)
    assert bpy.ops.facsimile.preview_controls() == {"FINISHED"}
    settings().rows.clear()
    bpy.context.scene.frame_set(1)
    for name in ("strength_mouth", "preview_frame", "filepath"):
        settings().property_unset(name)
    assert digest() == before
    assert bpy.ops.facsimile.retarget(filepath=str(take_file)) == {"FINISHED"}
    bpy.context.scene.frame_set(21)
    # The brows begin to rise at this frame, and a bake takes the corner out of their curve.
    for name, matrix, near in zip(("jaw", "brow"), shown, (1e-3, 5e-3), strict=True):
        assert np.allclose(rig.pose.bones[name].matrix_basis, matrix, atol=near)


def test_a_preview_measures_once_and_again_when_the_character_has_changed(rigged, take_file) -> None:
    settings().filepath = str(take_file)
    press = bpy.ops.facsimile.preview_controls
    press()
    study = RIG.study
    press(), press()
    assert RIG.study is study and preview.shown("facsimile.preview_controls")
    press()
    rigged[1].pose.bones["brow"].constraints[0].max_y = 0.01
    press()
    assert RIG.study is not study
    press()
    with pytest.raises(RuntimeError, match="There is no file"):
        settings().filepath = "/absent.csv"
        press()


def test_keys_that_are_previewed_get_back_what_they_had(add_mesh, take_file) -> None:
    face = add_mesh("Face")
    face.shape_key_add(name="Basis", from_mix=False)
    block = face.shape_key_add(name="down", from_mix=False)
    for point, base in zip(block.points, face.data.vertices, strict=True):
        point.co.z -= 0.1 * (base.co.z < 0)
    block.value = 0.25
    settings().filepath, settings().preview_frame = str(take_file), 20
    assert bpy.ops.facsimile.preview_controls() == {"FINISHED"}
    assert block.value == pytest.approx(math.sin(math.pi * 19 / 39), abs=1e-4)
    settings().dead_mouth = 0.5
    assert block.value == pytest.approx(2 * math.sin(math.pi * 19 / 39) - 1, abs=1e-4)
    bpy.ops.wm.save_as_mainfile(filepath=str(take_file.with_suffix(".blend")))
    assert block.value == 0.25


def test_options_reach_the_curves_of_controls(rigged, take_file) -> None:
    _, rig = rigged
    bpy.context.scene.render.fps = 24
    whole = {"filepath": str(take_file), "start_frame": 10}
    assert bpy.ops.facsimile.retarget(**whole) == {"FINISHED"}
    turn = points(rig, TURN, 1)
    weaker = {"channels": [{"name": "jawOpen", "gain": 0.5, "offset": 0.0}], "strength_brows": 0.0}
    assert bpy.ops.facsimile.retarget(**whole, **weaker) == {"FINISHED"}
    assert np.allclose(points(rig, TURN, 1)[:, 1], 0.5 * turn[:, 1], atol=5e-4)
    assert np.allclose(points(rig, BROW, 1)[:, 1], 0, atol=1e-4)
    assert bpy.ops.facsimile.retarget(**whole, reduce=True, reduce_error=0.01) == {"FINISHED"}
    fewer = points(rig, TURN, 1)
    # A hundredth of 120 degrees, of which a quaternion changes by half.
    error = 0.01 * 2 * math.radians(60) / 2
    assert len(fewer) < 20 and np.abs(np.interp(turn[:, 0], *fewer.T) - turn[:, 1]).max() <= error + 1e-6
    assert bpy.ops.facsimile.retarget(**whole, rate="SCENE") == {"FINISHED"}
    bpy.context.scene.render.fps = 12
    assert bpy.ops.facsimile.retarget(**whole, rate="SCENE") == {"FINISHED"}
    assert points(rig, TURN, 1)[:, 0].tolist() == list(range(10, 30))


def test_curves_of_controls_go_where_they_are_wanted(rigged, take_file) -> None:
    _, rig = rigged
    bpy.context.scene.render.fps = 24
    rig.pose.bones["idle"].location.x = 0.5
    rig.pose.bones["idle"].keyframe_insert("location", index=0, frame=60)
    body = rig.animation_data.action
    assert bpy.ops.facsimile.retarget(filepath=str(take_file)) == {"FINISHED"}
    assert rig.animation_data.action == body
    assert bpy.ops.facsimile.retarget(filepath=str(take_file), where=Where.APPEND) == {"FINISHED"}
    # Behind the last key of the body's action, which is at 60.
    assert points(rig, BROW, 1)[:, 0].tolist() == [*range(1, 41), *range(61, 101)]
    assert RIG.told == ("5 curves, frames 61 to 100",) and RIG.first == 61
    assert bpy.ops.facsimile.retarget(filepath=str(take_file), where=Where.NEW) == {"FINISHED"}
    assert rig.animation_data.action != body and len(curves_of(rig)) == 5
    rig.animation_data.action = None
    assert bpy.ops.facsimile.retarget(filepath=str(take_file), where=Where.STRIP) == {"FINISHED"}
    (track,) = rig.animation_data.nla_tracks
    assert [strip.action.name for strip in track.strips] == ["take.001"]
    with pytest.raises(RuntimeError, match='no action "absent"'):
        bpy.ops.facsimile.retarget(filepath=str(take_file), where=Where.REPLACE, action="absent")


def test_keys_and_bones_are_appended_on_one_frame(rigged, take_file) -> None:
    face, rig = rigged
    bpy.context.scene.render.fps = 24
    face.shape_key_add(name="Basis", from_mix=False)
    block = face.shape_key_add(name="brows", from_mix=False)
    for point, base in zip(block.points, face.data.vertices, strict=True):
        point.co.z += 0.1 * (base.co.z > 0.5)
    block.keyframe_insert("value", frame=90)
    assert bpy.ops.facsimile.retarget(filepath=str(take_file), where=Where.APPEND) == {"FINISHED"}
    (key,) = curves_of(face.data.shape_keys)
    assert key_points(key)[1, 0] == points(rig, TURN, 1)[0, 0] == 91


def test_the_head_s_motion_turns_a_bone_and_nothing_twice(rigged, tmp_path) -> None:
    _, rig = rigged
    bpy.context.scene.render.fps = 24
    head = np.zeros((5, 6), np.float32)
    head[:, 0] = np.linspace(0, 0.5, 5)
    path = tmp_path / "nod.npz"
    write_npz(path, performance(("jawOpen",), np.linspace(0, 1, 5)[:, None].astype(np.float32), 24.0, head=head))
    done = bpy.ops.facsimile.retarget(filepath=str(path), head_object="Rig", head_bone="idle")
    assert done == {"FINISHED"}
    turned = np.stack([points(rig, 'pose.bones["idle"].rotation_quaternion', at)[:, 1] for at in range(4)], axis=1)
    assert np.allclose(2 * np.arccos(turned[:, 0]), head[:, 0], atol=1e-4)
    before = digest()
    with pytest.raises(RuntimeError, match=r'Two things are to move "Rig" \(jaw\)'):
        bpy.ops.facsimile.retarget(filepath=str(path), head_object="Rig", head_bone="jaw")
    assert digest() == before


def test_the_mapping_is_searched_by_words_in_any_column() -> None:
    settings = bpy.context.scene.facsimile_rig
    follows = {"mouthSmileLeft": 1.0}
    mapping = {
        "Key.001": Entry("follow", follows, "measured 0.91"),
        "Key.002": Entry("follow", {"mouthSmileRight": 0.5}, "named"),
        "brow": Entry("rest", {}, "does nothing"),
    }
    fill_rows(settings, mapping, set())
    assert [row.follows for row in settings.rows] == ["mouthSmileLeft", "mouthSmileRight 0.5", ""]
    assert row_entry(settings.rows[0]).channels == follows
    for search, found in (("", [1, 1, 1]), ("SMILE", [1, 1, 0]), ("smile named", [0, 1, 0]), ("brow smile", [0, 0, 0])):
        settings.search = search
        shown, _ = FACSIMILE_UL_controls.filter_items(SimpleNamespace(bitflag_filter_item=1), None, settings, "rows")
        assert shown == found
