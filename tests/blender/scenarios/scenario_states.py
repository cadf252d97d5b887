"""Objects in every state that a production file has them in: the right thing happens, or a sentence says the cure."""

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.session import SESSION
from fake_backend import NAMES


@pytest.fixture(autouse=True)
def fresh_backend():
    yield
    SESSION.forget()
    SESSION.queue.stop()


def built(item: bpy.types.Object) -> list[str]:
    """The names of the keys after a build that must succeed."""
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    return list(item.data.shape_keys.key_blocks.keys())


@pytest.mark.parametrize("mode", ["EDIT", "SCULPT", "WEIGHT_PAINT", "VERTEX_PAINT"])
def test_modes_are_refused_with_the_cure(mode: str, add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.object.mode_set(mode=mode)
    with pytest.raises(RuntimeError, match="Switch to Object Mode"):
        bpy.ops.facsimile.build_shapes()
    bpy.ops.object.mode_set(mode="OBJECT")
    built(face)
    bpy.ops.object.mode_set(mode=mode)
    with pytest.raises(RuntimeError, match="Switch to Object Mode"):
        bpy.ops.facsimile.remove_shapes()
    bpy.ops.object.mode_set(mode="OBJECT")


@pytest.mark.parametrize("scale", [(-1, 1, 1), (-2, -3, -0.5), (1, 2, 3)])
def test_mirrored_and_uneven_scale(scale, add_mesh, points_of) -> None:
    face = add_mesh("Face")
    face.scale = scale
    bpy.context.view_layer.update()
    built(face)
    moved = (points_of(face, "jawOpen") - points_of(face, "Basis")) * np.array(scale)
    assert moved[:, 2].min() == pytest.approx(-0.1, abs=1e-6)
    assert np.abs(moved[:, :2]).max() < 1e-6


@pytest.mark.parametrize("kind", ["SUBSURF", "MULTIRES", "SOLIDIFY", "DECIMATE", "ARMATURE", "LATTICE"])
def test_modifiers_do_not_stand_in_the_way(kind: str, add_mesh) -> None:
    face = add_mesh("Face")
    face.modifiers.new("Modifier", kind)
    if kind == "MULTIRES":
        bpy.ops.object.multires_subdivide(modifier="Modifier")
    assert built(face) == ["Basis", *NAMES]
    assert len(face.data.vertices) == 36
    assert len(face.modifiers) == 1


def test_keys_with_drivers_and_actions_keep_them(add_mesh) -> None:
    face = add_mesh("Face")
    face.shape_key_add(name="Basis", from_mix=False)
    face.shape_key_add(name="jawOpen", from_mix=False).driver_add("value").driver.expression = "0.5"
    face.shape_key_add(name="browInnerUp", from_mix=False).keyframe_insert("value", frame=7)
    action = face.data.shape_keys.animation_data.action
    bpy.ops.facsimile.build_shapes(existing="REPLACE", link_parts=True)
    animation = face.data.shape_keys.animation_data
    assert animation.action == action and action.frame_range[0] == 7
    assert [curve.driver.expression for curve in animation.drivers] == ["0.5"]


def test_locked_keys_stay_and_muted_ones_stay_muted(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    built(face)
    blocks = face.data.shape_keys.key_blocks
    blocks["jawOpen"].lock_shape = True
    blocks["browInnerUp"].mute = True
    locked, muted = points_of(face, "jawOpen"), points_of(face, "browInnerUp")
    bpy.ops.facsimile.build_shapes(existing="REPLACE", mouth=2.0, brows=2.0)
    assert np.array_equal(points_of(face, "jawOpen"), locked)
    assert not np.allclose(points_of(face, "browInnerUp"), muted)
    assert face.data.shape_keys.key_blocks["browInnerUp"].mute


def test_hidden_and_excluded_objects_are_not_touched(add_mesh) -> None:
    face, hidden, excluded = add_mesh("Face"), add_mesh("Hidden", 4, 1), add_mesh("Excluded", 4, 2)
    aside = bpy.data.collections.new("Aside")
    bpy.context.scene.collection.children.link(aside)
    aside.objects.link(excluded)
    bpy.context.collection.objects.unlink(excluded)
    bpy.context.view_layer.layer_collection.children["Aside"].exclude = True
    hidden.hide_set(True)
    built(face)
    assert hidden.data.shape_keys is None
    assert excluded.data.shape_keys is None


def test_a_mesh_of_several_scenes_gets_its_keys_once(add_mesh) -> None:
    face = add_mesh("Face")
    other = bpy.data.scenes.new("Other")
    other.collection.objects.link(face)
    assert built(face) == ["Basis", *NAMES]
    assert other.objects["Face"].data.shape_keys == face.data.shape_keys
    bpy.ops.facsimile.remove_shapes()
    assert face.data.shape_keys is None


def test_shared_meshes(add_mesh) -> None:
    face = add_mesh("Face")
    twin = bpy.data.objects.new("Twin", face.data)
    bpy.context.collection.objects.link(twin)
    twin.select_set(True)
    with pytest.raises(RuntimeError, match=r"share one mesh.*Make Single User"):
        bpy.ops.facsimile.build_shapes()
    twin.select_set(False)
    built(face)
    twin.select_set(True)
    assert bpy.ops.facsimile.remove_shapes() == {"FINISHED"}
    assert face.data.shape_keys is None


def test_shapes_of_a_library_are_not_removed(add_mesh, tmp_path) -> None:
    built(add_mesh("Face"))
    library = str(tmp_path / "library.blend")
    bpy.ops.wm.save_as_mainfile(filepath=library)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(library, link=True) as (available, wanted):
        wanted.objects = available.objects
    linked = wanted.objects[0]
    bpy.context.collection.objects.link(linked)
    linked.select_set(True)
    with pytest.raises(RuntimeError, match=r"linked from another file.*Make it local"):
        bpy.ops.facsimile.remove_shapes()
    override = linked.override_create(remap_local_usages=True)
    override.select_set(True)
    with pytest.raises(RuntimeError, match=r"linked from another file.*Make it local"):
        bpy.ops.facsimile.remove_shapes()
    assert override.data.shape_keys.key_blocks.keys() == ["Basis", *NAMES]
