"""Corrective keys and their drivers, written by the operator."""

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.frame import to_blender
from bl_ext.user_default.facsimile.addon.options import BuildOptions, WriteOptions
from bl_ext.user_default.facsimile.addon.scene_read import read_head
from bl_ext.user_default.facsimile.addon.session import SESSION
from fake_backend import NAMES

NAME = "jawOpen_browInnerUp_corrective"


@pytest.fixture(autouse=True)
def fresh_backend():
    yield
    SESSION.forget()
    SESSION.queue.stop()


def set_keys(item: bpy.types.Object, **values: float) -> None:
    for name, value in values.items():
        item.data.shape_keys.key_blocks[name].value = value
    bpy.context.view_layer.update()


def driven_value(item: bpy.types.Object) -> float:
    """The value of the corrective as Blender evaluates it."""
    evaluated = item.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return evaluated.data.shape_keys.key_blocks[NAME].value


def shown(item: bpy.types.Object) -> np.ndarray:
    """(n, 3) where the vertices are with all keys at their values."""
    mesh = item.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    values = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", values)
    return values.reshape(-1, 3)


def test_without_the_option_there_are_none(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    assert face.data.shape_keys.key_blocks.keys() == ["Basis", *NAMES]
    assert face.data.shape_keys.animation_data is None


@pytest.mark.parametrize(("jaw", "brow"), [(1.0, 1.0), (0.75, 0.5), (0.25, 1.0), (1.0, 0.0), (0.0, 0.0)])
def test_the_weaker_key_drives_the_corrective(jaw, brow, add_mesh, points_of) -> None:
    face = add_mesh("Face")
    assert bpy.ops.facsimile.build_shapes(correctives=True) == {"FINISHED"}
    assert face.data.shape_keys.key_blocks.keys() == ["Basis", *NAMES, NAME]
    set_keys(face, jawOpen=jaw, browInnerUp=brow)
    assert driven_value(face) == pytest.approx(min(jaw, brow), abs=1e-6)
    basis = points_of(face, "Basis")
    expected = basis.copy()
    for name, weight in (("jawOpen", jaw), ("browInnerUp", brow), (NAME, min(jaw, brow))):
        expected += weight * (points_of(face, name) - basis)
    assert np.abs(shown(face) - expected).max() < 1e-6
    pushed = np.abs(points_of(face, NAME) - basis).max()
    assert pushed == pytest.approx(0.02, abs=1e-6)
    assert np.ptp(points_of(face, NAME) - basis, axis=0).argmax() == np.abs(to_blender(np.array([0, 0, 1.0]))).argmax()


def test_drivers_need_no_script(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes(correctives=True)
    (curve,) = face.data.shape_keys.animation_data.drivers
    assert curve.driver.type == "MIN"
    assert curve.driver.is_valid
    assert [variable.targets[0].data_path for variable in curve.driver.variables] == [
        'key_blocks["jawOpen"].value',
        'key_blocks["browInnerUp"].value',
    ]


def test_an_object_without_both_keys_follows_one_that_has_them(add_mesh) -> None:
    teeth, face = add_mesh("Teeth", 4, 1), add_mesh("Face", 8)
    teeth.location = (0, 0, -0.9)
    teeth.scale = (0.1, 0.1, 0.1)
    bpy.context.view_layer.update()
    bpy.ops.facsimile.build_shapes(correctives=True)
    assert teeth.data.shape_keys.key_blocks.keys() == ["Basis", "jawOpen", NAME]
    set_keys(face, jawOpen=0.5, browInnerUp=0.75)
    assert driven_value(teeth) == pytest.approx(0.5, abs=1e-6)


def test_building_again_makes_no_second_driver(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes(correctives=True)
    face.data.shape_keys.key_blocks[NAME].points[0].co.x = 9
    bpy.ops.facsimile.build_shapes(correctives=True)
    assert points_of(face, NAME)[0, 0] == 9
    bpy.ops.facsimile.build_shapes(correctives=True, existing="REPLACE")
    assert points_of(face, NAME)[0, 0] != 9
    assert face.data.shape_keys.key_blocks.keys() == ["Basis", *NAMES, NAME]
    assert len(face.data.shape_keys.animation_data.drivers) == 1


def test_replaced_shapes_take_their_correctives_with_them(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes(correctives=True)
    mine = face.shape_key_add(name="smirk_corrective", from_mix=False)
    mine.points[0].co.x += 1
    bpy.ops.facsimile.build_shapes(existing="KEEP")
    assert NAME in face.data.shape_keys.key_blocks
    bpy.ops.facsimile.build_shapes(existing="REPLACE")
    assert face.data.shape_keys.key_blocks.keys() == ["Basis", *NAMES, "smirk_corrective"]
    assert len(face.data.shape_keys.animation_data.drivers) == 0


def test_a_driver_of_the_users_stays(add_mesh) -> None:
    face = add_mesh("Face")
    face.shape_key_add(name="Basis", from_mix=False)
    face.shape_key_add(name=NAME, from_mix=False).driver_add("value").driver.expression = "0.125"
    bpy.ops.facsimile.build_shapes(correctives=True, existing="REPLACE")
    (curve,) = face.data.shape_keys.animation_data.drivers
    assert curve.driver.expression == "0.125"


def test_keys_and_drivers_are_one_undo_step(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.ed.undo_push(message="before")
    SESSION.queue.run(SESSION.begin(read_head([face]), BuildOptions(correctives=True), WriteOptions()).job)
    bpy.ops.facsimile.write_shapes("EXEC_DEFAULT", True)
    keys = bpy.data.objects["Face"].data.shape_keys
    assert keys.key_blocks.keys() == ["Basis", *NAMES, NAME]
    assert len(keys.animation_data.drivers) == 1
    bpy.ops.ed.undo()
    assert bpy.data.objects["Face"].data.shape_keys is None


def test_correctives_of_nothing_known_are_refused(add_mesh, monkeypatch) -> None:
    face = add_mesh("Face")
    monkeypatch.setenv("FAKE_BACKEND", "strange")
    with pytest.raises(RuntimeError, match="unusable correctives"):
        bpy.ops.facsimile.build_shapes(correctives=True)
    assert face.data.shape_keys is None
