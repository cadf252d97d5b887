"""Heads read from the scene and keys written to it, without a backend."""

import math

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.choices import Existing
from bl_ext.user_default.facsimile.addon.frame import to_backend, to_blender
from bl_ext.user_default.facsimile.addon.scene_read import read_head
from bl_ext.user_default.facsimile.addon.scene_write import write_keys
from bl_ext.user_default.facsimile.backend.errors import Refusal
from mathutils import Matrix


def world_points(item: bpy.types.Object) -> np.ndarray:
    return np.array([item.matrix_world @ vertex.co for vertex in item.data.vertices])


def test_a_face_that_looks_at_the_front_view_looks_along_z() -> None:
    nose, crown, left = to_backend(np.array([[0.0, -1, 0], [0, 0, 1], [1, 0, 0]]))
    assert nose.tolist() == [0, 0, 1]
    assert crown.tolist() == [0, 1, 0]
    assert left.tolist() == [1, 0, 0]
    points = np.random.default_rng(0).normal(size=(20, 3))
    assert np.array_equal(to_blender(to_backend(points)), points)


def test_several_objects_keep_their_places(add_mesh) -> None:
    face, eye = add_mesh("Face"), add_mesh("Eye", 4, 1)
    face.matrix_world = Matrix.LocRotScale((1000, 5, 2), Matrix.Rotation(0.7, 3, "X").to_euler(), (2, -3, 0.5))
    eye.matrix_world = Matrix.LocRotScale((1001, 5, 2), None, (-0.1, 0.1, 0.1))
    bpy.context.view_layer.update()
    head = read_head([face, eye])
    assert [piece.name for piece in head.pieces] == ["Eye", "Face"]
    assert (head.vertices.dtype, head.corners.dtype, head.sizes.dtype) == (np.float32, np.int32, np.int32)
    expected = to_backend(np.concatenate([world_points(eye), world_points(face)]))
    # matrix_world holds float32; a kilometre away it resolves a tenth of a millimetre.
    moved = head.vertices - expected
    assert np.abs(moved - moved.mean(0)).max() < 3e-4
    assert np.abs(head.vertices).max() < 10
    assert head.objects.tolist() == [0] * 16 + [1] * 36
    assert head.corners[head.sizes[:9].sum() :].min() == 16
    assert (head.sizes == 4).all()


def test_keys_come_back_in_the_space_of_each_object(add_mesh, points_of) -> None:
    face, eye = add_mesh("Face"), add_mesh("Eye", 4, 1)
    face.matrix_world = Matrix.LocRotScale((3, 1, 2), Matrix.Rotation(0.7, 3, "Y").to_euler(), (2, -3, 0.5))
    eye.matrix_world = Matrix.LocRotScale((3, 0, 2), Matrix.Rotation(2, 3, "Z").to_euler(), (0.1, 0.1, 0.2))
    bpy.context.view_layer.update()
    head = read_head([face, eye])
    deltas = np.random.default_rng(2).normal(size=(2, 52, 3)).astype(np.float32)
    written = write_keys(head, ("a", "b"), deltas, Existing.KEEP)
    assert [(one.name, one.added) for one in written] == [("Eye", 2), ("Face", 2)]
    for item, rows in ((eye, slice(0, 16)), (face, slice(16, 52))):
        for index, name in enumerate("ab"):
            local = points_of(item, name) - points_of(item, "Basis")
            world = local @ np.array(item.matrix_world.to_3x3()).T
            assert np.allclose(to_backend(world), deltas[index, rows], atol=2e-5)
        assert np.array_equal(points_of(item, "Basis"), points_of(item))


def test_an_object_gets_only_keys_that_move_it_but_the_face_gets_all(add_mesh) -> None:
    face, teeth = add_mesh("Face"), add_mesh("Teeth", 4, 1)
    head = read_head([face, teeth])
    deltas = np.zeros((3, 52, 3), np.float32)
    deltas[0, :, 1] = -0.1
    deltas[1, :36, 1] = 0.1
    write_keys(head, ("jawOpen", "browInnerUp", "tongueOut"), deltas, Existing.KEEP)
    assert list(face.data.shape_keys.key_blocks.keys()) == ["Basis", "jawOpen", "browInnerUp", "tongueOut"]
    assert list(teeth.data.shape_keys.key_blocks.keys()) == ["Basis", "jawOpen"]


def test_the_basis_is_read_whatever_the_keys_are_set_to(add_mesh) -> None:
    face = add_mesh("Face")
    before = read_head([face]).vertices
    face.shape_key_add(name="Neutral", from_mix=False)
    smile = face.shape_key_add(name="smile", from_mix=False)
    smile.points[3].co.z += 1
    smile.value = 1
    bpy.context.view_layer.update()
    assert np.array_equal(read_head([face]).vertices, before)


def test_existing_keys_stay_unless_they_are_to_be_replaced(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    face.shape_key_add(name="Neutral", from_mix=False)
    face.shape_key_add(name="mine", from_mix=False).points[0].co.x += 1
    jaw = face.shape_key_add(name="jawOpen", from_mix=False)
    jaw.points[1].co.x += 1
    jaw.slider_max = 2
    jaw.value = 1.5
    jaw.keyframe_insert("value", frame=1)
    before = {name: points_of(face, name) for name in ("Neutral", "mine", "jawOpen")}
    head = read_head([face])
    deltas = np.full((2, 36, 3), 0.25, np.float32)

    (kept,) = write_keys(head, ("jawOpen", "browInnerUp"), deltas, Existing.KEEP)
    assert (kept.added, kept.replaced, kept.kept) == (1, 0, 1)
    assert all(np.array_equal(points_of(face, name), points) for name, points in before.items())

    (replaced,) = write_keys(head, ("jawOpen", "browInnerUp"), deltas, Existing.REPLACE)
    assert (replaced.added, replaced.replaced, replaced.kept) == (0, 2, 0)
    keys = face.data.shape_keys
    assert list(keys.key_blocks.keys()) == ["Neutral", "mine", "jawOpen", "browInnerUp"]
    assert np.array_equal(points_of(face, "mine"), before["mine"])
    moved = points_of(face, "jawOpen") - points_of(face, "Neutral")
    assert np.allclose(moved, to_blender(np.array([0.25, 0.25, 0.25])), atol=1e-6)
    jaw = keys.key_blocks["jawOpen"]
    assert (jaw.value, jaw.slider_max) == (1.5, 2)
    assert keys.animation_data.action is not None


def test_an_object_on_a_posed_bone_is_read_in_its_rest_pose(add_mesh) -> None:
    face, eye = add_mesh("Face"), add_mesh("Eye", 4, 1)
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bone = rig.data.edit_bones.new("head")
    bone.head, bone.tail = (0, 0.2, 1), (0, 0.3, 2)
    bpy.ops.object.mode_set(mode="OBJECT")
    eye.parent, eye.parent_type, eye.parent_bone = rig, "BONE", "head"
    eye.location = (0.3, -0.2, 0.1)
    bpy.context.view_layer.update()
    rest = read_head([face, eye])
    rig.pose.bones["head"].rotation_mode = "XYZ"
    rig.pose.bones["head"].rotation_euler = (math.radians(50), 0, 0.4)
    rig.pose.bones["head"].location = (0.4, 0, 0)
    bpy.context.view_layer.update()
    assert np.abs(np.array(eye.matrix_world)[:3, 3]).max() > 0.5
    posed = read_head([face, eye])
    assert np.abs(posed.vertices - rest.vertices).max() < 1e-6
    assert np.allclose(posed.pieces[0].linear, rest.pieces[0].linear, atol=1e-6)


def refusal_of(objects: list[bpy.types.Object]) -> str:
    with pytest.raises(Refusal) as caught:
        read_head(objects)
    assert caught.value.sentence.endswith(".") and caught.value.cure.endswith(".")
    return caught.value.code


def test_what_cannot_take_keys_is_refused(add_mesh, tmp_path) -> None:
    assert refusal_of([]) == "no-mesh"

    face = add_mesh("Face")
    bpy.ops.object.mode_set(mode="EDIT")
    assert refusal_of([face]) == "mode"
    bpy.ops.object.mode_set(mode="OBJECT")

    twin = bpy.data.objects.new("Twin", face.data)
    bpy.context.collection.objects.link(twin)
    assert refusal_of([face, twin]) == "shared"
    read_head([twin])

    mirror = face.modifiers.new("Mirror", "MIRROR")
    assert refusal_of([face]) == "mirror"
    face.modifiers.remove(mirror)

    points = bpy.data.objects.new("Points", bpy.data.meshes.new("Points"))
    points.data.vertices.add(3)
    bpy.context.collection.objects.link(points)
    assert refusal_of([points]) == "no-faces"
    assert read_head([face, points]).objects.sum() == 3

    face.scale = (1, 0, 1)
    bpy.context.view_layer.update()
    assert refusal_of([face]) == "flat"
    face.scale = (1, 1, 1)
    bpy.context.view_layer.update()

    face.data.vertices[0].co.x = float("nan")
    assert refusal_of([face]) == "not-finite"
    face.data.vertices[0].co.x = 0

    face.shape_key_add(name="Basis")
    face.data.shape_keys.use_relative = False
    assert refusal_of([face]) == "absolute-keys"


def test_a_linked_mesh_is_refused(add_mesh, tmp_path) -> None:
    add_mesh("Face")
    library = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (available, wanted):
        wanted.objects = available.objects
    bpy.context.collection.objects.link(wanted.objects[0])
    assert refusal_of([wanted.objects[0]]) == "linked"
    override = wanted.objects[0].override_create()
    bpy.context.collection.objects.link(override)
    assert refusal_of([override]) == "linked"


def test_nothing_is_written_when_one_object_does_not_fit(add_mesh) -> None:
    face, eye = add_mesh("Face"), add_mesh("Zeye", 4, 1)
    head = read_head([face, eye])
    deltas = np.ones((1, 52, 3), np.float32)
    for spoil in (
        lambda: deltas[:, :-1],
        lambda: np.full_like(deltas, np.nan),
    ):
        with pytest.raises(Refusal):
            write_keys(head, ("jawOpen",), spoil(), Existing.KEEP)
    with pytest.raises(Refusal):
        write_keys(head, ("jawOpen", "jawOpen"), np.ones((2, 52, 3), np.float32), Existing.KEEP)
    eye.data.vertices.add(1)
    with pytest.raises(Refusal) as caught:
        write_keys(head, ("jawOpen",), deltas, Existing.KEEP)
    assert caught.value.code == "changed"
    bpy.data.objects.remove(eye)
    with pytest.raises(Refusal) as caught:
        write_keys(head, ("jawOpen",), deltas, Existing.KEEP)
    assert caught.value.code == "gone"
    assert face.data.shape_keys is None


def test_a_renamed_object_still_gets_its_keys(add_mesh) -> None:
    face = add_mesh("Face")
    head = read_head([face])
    face.name = "Hero"
    other = add_mesh("Face")
    write_keys(head, ("jawOpen",), np.ones((1, 36, 3), np.float32), Existing.KEEP)
    assert other.data.shape_keys is None
    assert "jawOpen" in face.data.shape_keys.key_blocks
