"""Capture files onto shape keys, as curves."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.blender_version import curves_of
from bl_ext.user_default.facsimile.backend.live_link import write_live_link
from bl_ext.user_default.facsimile.backend.performance import performance, write_npz

NAMES = ("jawOpen", "eyeBlinkLeft", "mouthSmileRight")
FPS = 60.0


@pytest.fixture
def capture(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """An .npz of 90 frames at 60 a second, and its weights."""
    weights = np.random.default_rng(4).uniform(0, 1, (90, 3)).astype(np.float32)
    path = tmp_path / "take one.npz"
    write_npz(path, performance(NAMES, weights, FPS))
    return path, weights


def add_keys(item: bpy.types.Object, *names: str) -> bpy.types.Key:
    for name in ("Basis", *names):
        # Since 5.0 Blender turns new keys up.
        item.shape_key_add(name=name, from_mix=False).value = 0
    return item.data.shape_keys


def curve_points(keys: bpy.types.Key) -> dict[str, np.ndarray]:
    """Path to (T, 2) keyframes."""
    found = {}
    for curve in curves_of(keys):
        points = np.empty(2 * len(curve.keyframe_points), np.float32)
        curve.keyframe_points.foreach_get("co", points)
        found[curve.data_path] = points.reshape(-1, 2)
    return found


def test_curves_hold_the_weights_at_the_scene_s_rate(add_mesh, capture) -> None:
    path, weights = capture
    keys = add_keys(add_mesh("Face"), "jawOpen", "eyeBlinkLeft", "mine")
    teeth = add_keys(add_mesh("Teeth"), "jawOpen")
    bpy.context.scene.render.fps = 24
    assert bpy.ops.facsimile.apply_performance(filepath=str(path), start_frame=10) == {"FINISHED"}
    curves = curve_points(keys)
    assert set(curves) == {'key_blocks["jawOpen"].value', 'key_blocks["eyeBlinkLeft"].value'}
    for column, name in enumerate(NAMES[:2]):
        points = curves[f'key_blocks["{name}"].value']
        assert np.allclose(points[:, 0], 10 + np.arange(90) * 24 / 60, atol=1e-5)
        assert np.array_equal(points[:, 1], weights[:, column])
    assert set(curve_points(teeth)) == {'key_blocks["jawOpen"].value'}
    bpy.context.scene.frame_set(12)
    assert keys.key_blocks["jawOpen"].value == pytest.approx(weights[5, 0], abs=1e-6)
    assert teeth.key_blocks["jawOpen"].value == pytest.approx(weights[5, 0], abs=1e-6)
    bpy.context.scene.frame_set(10, subframe=0.2)
    assert keys.key_blocks["jawOpen"].value == pytest.approx(weights[:2, 0].mean(), abs=1e-5)
    assert keys.key_blocks["mine"].value == 0


def test_a_live_link_file_gives_the_same_curves_as_its_own_format(add_mesh, capture, tmp_path) -> None:
    _, weights = capture
    keys = add_keys(add_mesh("Face"), "jawOpen", "mouthSmile_R")
    table = tmp_path / "take.csv"
    write_live_link(table, performance(NAMES, weights, FPS))
    bpy.context.scene.render.fps = 60
    assert bpy.ops.facsimile.apply_performance(filepath=str(table)) == {"FINISHED"}
    curves = curve_points(keys)
    assert np.allclose(curves['key_blocks["jawOpen"].value'][:, 1], weights[:, 0], atol=1e-6)
    assert np.allclose(curves['key_blocks["mouthSmile_R"].value'][:, 1], weights[:, 2], atol=1e-6)


def test_the_former_action_and_drivers_stay(add_mesh, capture) -> None:
    path, _ = capture
    face = add_mesh("Face")
    keys = add_keys(face, "jawOpen", "eyeBlinkLeft")
    keys.key_blocks["jawOpen"].keyframe_insert("value", frame=3)
    former = keys.animation_data.action
    keys.key_blocks["eyeBlinkLeft"].driver_add("value").driver.expression = "0.25"
    assert bpy.ops.facsimile.apply_performance(filepath=str(path)) == {"FINISHED"}
    assert keys.animation_data.action != former
    assert former.use_fake_user
    assert set(curve_points(keys)) == {'key_blocks["jawOpen"].value'}
    bpy.context.scene.frame_set(2)
    assert keys.key_blocks["eyeBlinkLeft"].value == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize("name", ["absent.csv", "broken.csv", "broken.npz"])
def test_what_is_no_capture_file_is_refused_with_a_sentence(name: str, add_mesh, tmp_path) -> None:
    keys = add_keys(add_mesh("Face"), "jawOpen")
    path = tmp_path / name
    if not name.startswith("absent"):
        path.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(RuntimeError, match=name):
        bpy.ops.facsimile.apply_performance(filepath=str(path))
    assert keys.animation_data is None


def test_meshes_without_fitting_keys_are_refused(add_mesh, capture) -> None:
    path, _ = capture
    keys = add_keys(add_mesh("Face"), "mine")
    with pytest.raises(RuntimeError, match="Build its face shapes first"):
        bpy.ops.facsimile.apply_performance(filepath=str(path))
    assert keys.animation_data is None


def test_curve_options_of_the_operator_reach_the_curves(add_mesh, capture) -> None:
    path, weights = capture
    keys = add_keys(add_mesh("Face"), "jawOpen", "eyeBlinkLeft")
    done = bpy.ops.facsimile.apply_performance(
        filepath=str(path),
        strength_mouth=0.5,
        dead_eyes=0.2,
        channels=[{"name": "jawOpen", "gain": 2.0, "offset": 0.1}],
    )
    assert done == {"FINISHED"}
    curves = curve_points(keys)
    assert np.allclose(curves['key_blocks["jawOpen"].value'][:, 1], weights[:, 0] + 0.1, atol=1e-6)
    blink = np.maximum(weights[:, 1] - 0.2, 0) / 0.8
    assert np.allclose(curves['key_blocks["eyeBlinkLeft"].value'][:, 1], blink, atol=1e-6)


def test_fewer_keys_stay_within_the_error(add_mesh, tmp_path) -> None:
    path = tmp_path / "slow.npz"
    weights = np.stack([0.5 + 0.5 * np.sin(np.arange(200) / 20), np.linspace(0, 1, 200)], axis=1)
    write_npz(path, performance(("jawOpen", "browInnerUp"), weights.astype(np.float32), 24.0))
    keys = add_keys(add_mesh("Face"), "jawOpen", "browInnerUp")
    assert bpy.ops.facsimile.apply_performance(filepath=str(path), reduce=True, reduce_error=0.01) == {"FINISHED"}
    curves = curve_points(keys)
    jaw, brow = curves['key_blocks["jawOpen"].value'], curves['key_blocks["browInnerUp"].value']
    assert len(jaw) < 60 and len(brow) == 2
    assert np.abs(np.interp(1 + np.arange(200), *jaw.T) - weights[:, 0]).max() <= 0.01 + 1e-6


def test_the_scene_s_rate_puts_keyframes_on_whole_frames(add_mesh, capture) -> None:
    path, weights = capture
    keys = add_keys(add_mesh("Face"), "jawOpen")
    bpy.context.scene.render.fps = 24
    assert bpy.ops.facsimile.apply_performance(filepath=str(path), rate="SCENE", start_frame=5) == {"FINISHED"}
    points = curve_points(keys)['key_blocks["jawOpen"].value']
    assert points[:, 0].tolist() == list(range(5, 41))
    assert np.allclose(points[::2, 1], weights[::5, 0], atol=1e-6)


def test_a_preview_shows_a_frame_with_its_options_and_leaves_no_trace(add_mesh, capture) -> None:
    path, weights = capture
    face = add_mesh("Face")
    keys = add_keys(face, "jawOpen", "mine", "eyeBlinkLeft")
    keys.key_blocks["jawOpen"].value = 0.125
    keys.key_blocks["eyeBlinkLeft"].driver_add("value").driver.expression = "0.25"
    settings = bpy.context.scene.facsimile_performance
    with pytest.raises(RuntimeError, match="No file is chosen"):
        bpy.ops.facsimile.preview_performance()
    settings.filepath, settings.preview_frame = str(path), 31
    assert bpy.ops.facsimile.preview_performance() == {"FINISHED"}
    assert keys.key_blocks["jawOpen"].value == pytest.approx(weights[30, 0])
    settings.strength_mouth = 0.5
    assert keys.key_blocks["jawOpen"].value == pytest.approx(0.5 * weights[30, 0])
    settings.preview_frame = 1000
    assert keys.key_blocks["jawOpen"].value == pytest.approx(0.5 * weights[89, 0])
    bpy.context.scene.frame_set(5)
    assert keys.key_blocks["jawOpen"].value == pytest.approx(0.5 * weights[89, 0])
    assert keys.animation_data.action is None
    assert bpy.ops.facsimile.preview_performance() == {"FINISHED"}
    assert keys.key_blocks["jawOpen"].value == 0.125
    bpy.ops.facsimile.preview_performance()
    settings.filepath = str(path.with_name("absent.csv"))
    assert keys.key_blocks["jawOpen"].value == 0.125


def test_a_preview_is_not_saved(add_mesh, capture, tmp_path) -> None:
    path, _ = capture
    keys = add_keys(add_mesh("Face"), "jawOpen")
    bpy.context.scene.facsimile_performance.filepath = str(path)
    bpy.ops.facsimile.preview_performance()
    assert keys.key_blocks["jawOpen"].value > 0
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    assert bpy.data.shape_keys[0].key_blocks["jawOpen"].value == 0


def rig_with_bones(*names: str) -> bpy.types.Object:
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name in names:
        bone = rig.data.edit_bones.new(name)
        bone.head, bone.tail, bone.roll = (0.1, 0, 1), (0.1, 0.3, 1.5), 0.7
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.select_set(False)
    return rig


def turn_in_world(rig: bpy.types.Object, bone: str) -> np.ndarray:
    """(3, 3): how a bone is turned from its rest, along the world's axes."""
    posed = rig.matrix_world @ rig.pose.bones[bone].matrix
    rest = rig.matrix_world @ rig.pose.bones[bone].bone.matrix_local
    return np.array((posed @ rest.inverted()).to_3x3())


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "ZYX", "AXIS_ANGLE"])
def test_the_head_turns_a_bone_and_the_gaze_the_eyes(mode: str, add_mesh, tmp_path) -> None:
    """A nod of 0.5 radians: in the canonical frame about x, which is the world's x for a face that looks along -Y."""
    add_keys(add_mesh("Face"), "jawOpen", "eyeLookOutLeft")
    rig = rig_with_bones("head", "eye.L", "eye.R")
    rig.rotation_euler.z = 0.4
    rig.pose.bones["head"].rotation_mode = mode
    head = np.zeros((4, 6), np.float32)
    head[:, 0] = (0, 0.25, 0.5, 0.5)
    head[:, 4] = (0, 0, 0, 0.2)
    gaze = np.zeros((4, 4), np.float32)
    gaze[:, 0] = (0, 0.1, 0.2, 0.3)
    path = tmp_path / "nod.npz"
    write_npz(path, performance(("jawOpen", "eyeLookOutLeft"), np.zeros((4, 2)), 24.0, head=head, gaze=gaze))
    bones = {"head_object": "Rig", "head_bone": "head", "left_eye_object": "Rig", "left_eye_bone": "eye.L"}
    done = bpy.ops.facsimile.apply_performance(filepath=str(path), head_location=True, gaze="MOVERS", **bones)
    assert done == {"FINISHED"}
    bpy.context.scene.frame_set(3)
    cos, sin = np.cos(0.5), np.sin(0.5)
    assert np.allclose(turn_in_world(rig, "head"), [[1, 0, 0], [0, cos, -sin], [0, sin, cos]], atol=1e-5)
    # Yaw is positive to the character's left, which is the world's x: about the world's z.
    cos, sin = np.cos(0.2), np.sin(0.2)
    assert np.allclose(turn_in_world(rig, "eye.L"), [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], atol=1e-5)
    places = []
    for frame in (3, 4):
        bpy.context.scene.frame_set(frame)
        places.append(rig.matrix_world @ rig.pose.bones["head"].matrix.translation)
    assert np.allclose(places[1] - places[0], (0, 0, 0.2), atol=1e-5)
    paths = {curve.data_path for item in bpy.data.shape_keys for curve in curves_of(item)}
    assert paths == {'key_blocks["jawOpen"].value'}


def test_the_head_turns_an_object_that_stays_where_it_was_put(add_mesh, tmp_path) -> None:
    face = add_mesh("Face")
    add_keys(face, "jawOpen")
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.collection.objects.link(parent)
    parent.rotation_euler = (0.3, 0.2, 0.1)
    face.parent = parent
    face.rotation_euler = (0.1, 0.5, 0.0)
    face.location = (1, 2, 3)
    bpy.context.view_layer.update()
    before = np.array(face.matrix_world)
    head = np.zeros((2, 6), np.float32)
    head[1, :3] = (0.2, 0.3, -0.1)
    path = tmp_path / "turn.npz"
    write_npz(path, performance(("jawOpen",), np.zeros((2, 1)), 24.0, head=head))
    for _ in range(2):
        assert bpy.ops.facsimile.apply_performance(filepath=str(path), head_object="Face") == {"FINISHED"}
        bpy.context.scene.frame_set(1)
        assert np.allclose(face.matrix_world, before, atol=1e-5)
        bpy.context.scene.frame_set(2)
        turned = np.array(face.matrix_world)[:3, :3] @ np.linalg.inv(before[:3, :3])
        from mathutils import Quaternion, Vector

        axis = Vector((0.2, 0.1, 0.3))
        assert np.allclose(turned, Quaternion(axis, axis.length).to_matrix(), atol=1e-5)
        assert np.allclose(np.array(face.matrix_world)[:3, 3], before[:3, 3], atol=1e-5)


def table(weights: np.ndarray, tmp_path: Path) -> list[str]:
    """The lines of a Live Link file of these weights (T, 3)."""
    path = tmp_path / "plain.csv"
    write_live_link(path, performance(NAMES, weights, FPS))
    return path.read_text().splitlines()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: "\ufeff" + "\r\n".join(lines),
        lambda lines: "\n".join(line.replace(".", ",").replace("frame", "") for line in semicolons(lines)),
        lambda lines: "\n".join(line.replace(",", "\t") for line in lines),
        lambda lines: "\n".join([lines[0].upper(), *lines[1:], "", ""]),
        lambda lines: "\n".join(["Note," + lines[0], *("hm," + line for line in lines[1:])]),
    ],
)
def test_tables_of_other_programs_give_the_same_curves(spoil, add_mesh, capture, tmp_path) -> None:
    _, weights = capture
    keys = add_keys(add_mesh("Face"), "jawOpen")
    path = tmp_path / "take.csv"
    path.write_text(spoil(table(weights, tmp_path)), encoding="utf-8", newline="")
    assert bpy.ops.facsimile.apply_performance(filepath=str(path)) == {"FINISHED"}
    assert np.allclose(curve_points(keys)['key_blocks["jawOpen"].value'][:, 1], weights[:, 0], atol=1e-6)


def semicolons(lines: list[str]) -> list[str]:
    return [line.replace(",", ";") for line in lines]


def test_keys_that_a_table_does_not_mention_stay_as_they_are(add_mesh, tmp_path) -> None:
    keys = add_keys(add_mesh("Face"), "jawOpen", "mouthPucker")
    path = tmp_path / "take.csv"
    path.write_text("time,JawOpen\n0,0\n0.1,1\n0.2,0.5\n")
    assert bpy.ops.facsimile.apply_performance(filepath=str(path)) == {"FINISHED"}
    ((path_of_jaw, points),) = curve_points(keys).items()
    assert path_of_jaw == 'key_blocks["jawOpen"].value' and points[:, 1].tolist() == [0, 1, 0.5]
    path.write_text("time,browDownLeft\n0,0\n0.1,1\n")
    with pytest.raises(RuntimeError, match="none of the channels of these keys"):
        bpy.ops.facsimile.apply_performance(filepath=str(path))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            lambda lines: [*lines[:5], lines[5].replace(lines[5].split(",")[3], "nan"), *lines[6:]],
            "in line 6, column",
        ),
        (lambda lines: [*lines[:5], lines[5].replace(lines[5].split(",")[3], "soon"), *lines[6:]], "in line 6"),
        (lambda lines: lines[:1], "no frames with a face"),
        (lambda lines: lines[1:], "has no column"),
        (lambda lines: [lines[0].replace("Timecode", "When"), *lines[1:]], "named Timecode"),
        (lambda lines: [line.replace(",", " ") for line in lines], "has no column"),
    ],
)
def test_a_spoiled_table_is_refused_with_a_sentence(spoil, sentence: str, add_mesh, capture, tmp_path) -> None:
    keys = add_keys(add_mesh("Face"), "jawOpen")
    path = tmp_path / "take.csv"
    path.write_text("\n".join(spoil(table(capture[1], tmp_path))), encoding="utf-8")
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.facsimile.apply_performance(filepath=str(path))
    assert keys.animation_data is None and not len(bpy.data.actions)


def test_rows_without_all_their_cells_are_bridged(add_mesh, capture, tmp_path) -> None:
    """A phone that loses the face writes the clock alone."""
    _, weights = capture
    keys = add_keys(add_mesh("Face"), "jawOpen")
    lines = table(weights, tmp_path)
    lines[11] = ",".join(lines[11].split(",")[:2])
    path = tmp_path / "take.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert bpy.ops.facsimile.apply_performance(filepath=str(path)) == {"FINISHED"}
    values = curve_points(keys)['key_blocks["jawOpen"].value'][:, 1]
    assert len(values) == 90 and values[10] == pytest.approx((weights[9, 0] + weights[11, 0]) / 2, abs=1e-6)
