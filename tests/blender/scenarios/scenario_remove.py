"""Remove Face Shapes takes away what was added, and nothing else."""

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.animation import value_path
from bl_ext.user_default.facsimile.addon.record import recorded_names
from bl_ext.user_default.facsimile.addon.session import SESSION
from fake_backend import NAMES


@pytest.fixture(autouse=True)
def fresh_backend():
    yield
    SESSION.forget()
    SESSION.queue.stop()


def key_names(item: bpy.types.Object) -> list[str]:
    return list(item.data.shape_keys.key_blocks.keys()) if item.data.shape_keys else []


def test_everything_goes_where_nothing_was(add_mesh, points_of) -> None:
    face, eyes = add_mesh("Face"), add_mesh("Eyes", 4, 1)
    before = points_of(face)
    bpy.ops.facsimile.build_shapes(correctives=True, link_parts=True)
    assert bpy.ops.facsimile.remove_shapes() == {"FINISHED"}
    assert face.data.shape_keys is None
    assert eyes.data.shape_keys is None
    assert np.array_equal(points_of(face), before)
    assert not bpy.data.shape_keys


def test_what_meshes_were_taken_for_is_forgotten_with_the_last_key(add_mesh) -> None:
    face, eyes = add_mesh("Face"), add_mesh("Eyes", 4, 1)
    bpy.ops.facsimile.build_shapes()
    eyes.data.shape_keys.key_blocks["browInnerUp"].lock_shape = True
    bpy.ops.facsimile.remove_shapes()
    assert (face.data.facsimile.recognised, eyes.data.facsimile.recognised) == ("", "skin")
    eyes.data.shape_keys.key_blocks["browInnerUp"].lock_shape = False
    bpy.ops.facsimile.remove_shapes()
    assert not any(eyes.data.facsimile.is_property_set(name) for name in ("recognised", "canonical"))


def test_keys_of_the_users_stay_as_they_are(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    face.shape_key_add(name="Neutral", from_mix=False)
    face.shape_key_add(name="jawOpen", from_mix=False).points[1].co.x += 1
    face.shape_key_add(name="mine", from_mix=False).points[2].co.x += 1
    before = {name: points_of(face, name) for name in key_names(face)}
    bpy.ops.facsimile.build_shapes()
    assert {"browInnerUp", "tongueOut"} <= set(key_names(face))
    bpy.ops.facsimile.remove_shapes()
    assert key_names(face) == ["Neutral", "jawOpen", "mine"]
    assert all(np.array_equal(points_of(face, name), points) for name, points in before.items())


def test_a_replaced_key_gets_its_own_shape_back(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    face.shape_key_add(name="Basis", from_mix=False)
    jaw = face.shape_key_add(name="jawOpen", from_mix=False)
    jaw.points[1].co.x += 1
    jaw.driver_add("value").driver.expression = "0.5"
    before = points_of(face, "jawOpen")
    for _ in range(2):
        bpy.ops.facsimile.build_shapes(existing="REPLACE")
    assert not np.allclose(points_of(face, "jawOpen"), before)
    bpy.ops.facsimile.remove_shapes()
    assert key_names(face) == ["Basis", "jawOpen"]
    assert np.abs(points_of(face, "jawOpen") - before).max() < 1e-6
    (curve,) = face.data.shape_keys.animation_data.drivers
    assert curve.driver.expression == "0.5"


def test_a_key_that_the_user_has_made_again_is_not_ours(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    face.shape_key_remove(face.data.shape_keys.key_blocks["jawOpen"])
    own = face.shape_key_add(name="jawOpen", from_mix=False)
    for point in own.points:
        point.co.z -= 0.08
    before = points_of(face, "jawOpen")
    bpy.ops.facsimile.build_shapes()
    assert np.array_equal(points_of(face, "jawOpen"), before)
    bpy.ops.facsimile.remove_shapes()
    assert key_names(face) == ["Basis", "jawOpen"]
    assert np.array_equal(points_of(face, "jawOpen"), before)


def test_a_sculpted_key_of_ours_goes_and_a_locked_one_stays(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    blocks = face.data.shape_keys.key_blocks
    blocks["jawOpen"].points[0].co.x += 1
    blocks["browInnerUp"].lock_shape = True
    bpy.ops.facsimile.remove_shapes()
    assert key_names(face) == ["Basis", "browInnerUp"]
    face.data.shape_keys.key_blocks["browInnerUp"].lock_shape = False
    bpy.ops.facsimile.remove_shapes()
    assert key_names(face) == []


def test_keys_relative_to_ours_keep_their_effect(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    blocks = face.data.shape_keys.key_blocks
    detail = face.shape_key_add(name="detail", from_mix=False)
    detail.relative_key = blocks["jawOpen"]
    detail.points.foreach_set("co", (points_of(face, "jawOpen") + np.float32(0.25)).ravel())
    bpy.ops.facsimile.remove_shapes()
    assert key_names(face) == ["Basis", "detail"]
    blocks = face.data.shape_keys.key_blocks
    assert blocks["detail"].relative_key == blocks["Basis"]
    assert np.allclose(points_of(face, "detail") - points_of(face, "Basis"), 0.25, atol=1e-6)


def test_the_animation_of_removed_keys_is_not_lost(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    face.data.shape_keys.key_blocks["jawOpen"].value = 0.5
    face.data.shape_keys.key_blocks["jawOpen"].keyframe_insert("value", frame=3)
    action = face.data.shape_keys.animation_data.action
    bpy.ops.facsimile.remove_shapes()
    assert action.use_fake_user
    assert action.frame_range[0] == 3


def test_a_driver_that_the_user_has_changed_stays(add_mesh) -> None:
    face, eyes = add_mesh("Face", 8), add_mesh("Eyes", 4, 1)
    eyes.shape_key_add(name="Basis", from_mix=False)
    eyes.shape_key_add(name="jawOpen", from_mix=False).points[0].co.x += 1
    bpy.ops.facsimile.build_shapes(link_parts=True)
    drivers = eyes.data.shape_keys.animation_data.drivers
    assert {curve.data_path for curve in drivers} == {value_path(name) for name in key_names(eyes)[1:]}
    drivers.find(value_path("jawOpen")).driver.type = "AVERAGE"
    bpy.ops.facsimile.remove_shapes()
    assert key_names(eyes) == ["Basis", "jawOpen"]
    assert [curve.driver.type for curve in eyes.data.shape_keys.animation_data.drivers] == ["AVERAGE"]
    assert face.data.shape_keys is None


def test_scaled_meshes_are_still_understood(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    face.scale = (2, 3, -0.5)
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    face.data.shape_keys.key_blocks["jawOpen"].points[0].co.x += 1
    bpy.ops.facsimile.remove_shapes()
    assert face.data.shape_keys is None


def test_it_is_one_undo_step_and_saved_with_the_file(add_mesh, tmp_path) -> None:
    add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    path = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    face = bpy.data.objects["Face"]
    assert set(recorded_names(face.data.shape_keys)) == set(NAMES)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.facsimile.remove_shapes("EXEC_DEFAULT", True)
    assert bpy.data.objects["Face"].data.shape_keys is None
    bpy.ops.ed.undo()
    keys = bpy.data.objects["Face"].data.shape_keys
    assert keys.key_blocks.keys() == ["Basis", *NAMES]
    assert set(recorded_names(keys)) == set(NAMES)


def test_a_spoiled_record_harms_nothing(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    keys = face.data.shape_keys
    keys["facsimile"]["anchors"] = b"abc"
    keys["facsimile"]["keys"]["jawOpen"]["delta"] = b"\x00" * 99
    keys["facsimile"]["keys"]["browInnerUp"] = "text"
    keys["facsimile"]["drivers"] = 3.0
    bpy.ops.facsimile.remove_shapes()
    assert key_names(face) == ["Basis", "browInnerUp"]


def test_without_shapes_of_ours_it_says_so(add_mesh) -> None:
    add_mesh("Face").shape_key_add(name="Basis")
    with pytest.raises(RuntimeError, match="Select a mesh that Facsimile has given shapes"):
        bpy.ops.facsimile.remove_shapes()
