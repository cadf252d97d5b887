"""What production files add to a mesh and its keys: pins, values, masks, strips, overrides, local view, scenes."""

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.session import SESSION
from digest import digest
from fake_backend import NAMES


@pytest.fixture(autouse=True, scope="module")
def backend_stops():
    yield
    SESSION.forget()
    SESSION.queue.stop()


def built(item: bpy.types.Object, **options: object) -> bpy.types.Key:
    """The keys after a build that must succeed."""
    assert bpy.ops.facsimile.build_shapes(**options) == {"FINISHED"}
    return item.data.shape_keys


def with_keys(item: bpy.types.Object, *names: str) -> bpy.types.Key:
    for name in ("Basis", *names):
        item.shape_key_add(name=name, from_mix=False)
    return item.data.shape_keys


def test_a_pinned_key_stays_pinned_and_is_not_taken_for_the_neutral(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    with_keys(face, "mine").key_blocks["mine"].points[3].co.z += 1
    face.active_shape_key_index, face.show_only_shape_key = 1, True
    keys = built(face)
    assert (face.active_shape_key.name, face.show_only_shape_key) == ("mine", True)
    moved = points_of(face, "jawOpen") - points_of(face, "Basis")
    assert moved[:, 2].min() == pytest.approx(-0.1, abs=1e-6) and not moved[:, :2].any()
    assert keys.key_blocks.keys() == ["Basis", "mine", *NAMES]
    assert bpy.ops.facsimile.remove_shapes() == {"FINISHED"}
    assert (face.active_shape_key.name, face.show_only_shape_key) == ("mine", True)


def test_values_ranges_and_masks_of_replaced_keys_stay(add_mesh) -> None:
    face = add_mesh("Face")
    face.vertex_groups.new(name="mask").add(range(18), 1.0, "REPLACE")
    key = with_keys(face, "jawOpen").key_blocks["jawOpen"]
    key.slider_min, key.slider_max, key.value, key.mute, key.vertex_group = -1, 3, 2.5, True, "mask"
    key = built(face, existing="REPLACE").key_blocks["jawOpen"]
    assert (key.slider_min, key.slider_max, key.value, key.mute, key.vertex_group) == (-1, 3, 2.5, True, "mask")


def test_a_key_that_is_relative_to_another_is_based_on_the_neutral_when_replaced(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    blocks = with_keys(face, "other", "jawOpen").key_blocks
    blocks["other"].points[0].co.x += 1
    blocks["jawOpen"].relative_key = blocks["other"]
    key = built(face, existing="REPLACE").key_blocks["jawOpen"]
    assert key.relative_key.name == "Basis"
    assert np.abs(points_of(face, "jawOpen") - points_of(face, "Basis")).max() == pytest.approx(0.1, abs=1e-6)


def test_absolute_keys_are_refused_with_the_cure(add_mesh) -> None:
    face = add_mesh("Face")
    with_keys(face, "mine").use_relative = False
    before = digest()
    with pytest.raises(RuntimeError, match=r"absolute shape keys\. Switch on Relative"):
        bpy.ops.facsimile.build_shapes()
    assert digest() == before


def test_strips_and_muted_curves_stay(add_mesh) -> None:
    face = add_mesh("Face")
    keys = with_keys(face, "jawOpen")
    keys.key_blocks["jawOpen"].keyframe_insert("value", frame=3)
    animation = keys.animation_data
    strip = animation.nla_tracks.new().strips.new("take", 1, animation.action)
    animation.action = None
    animation.nla_tracks[0].mute = True
    driver = keys.key_blocks["jawOpen"].driver_add("value")
    driver.mute = True
    built(face, existing="REPLACE", link_parts=True, correctives=True)
    assert (animation.nla_tracks[0].mute, animation.nla_tracks[0].strips[0].action, driver.mute) == (
        True,
        strip.action,
        True,
    )
    assert animation.action is None


def test_an_overridden_mesh_is_refused_with_the_cure(add_mesh, tmp_path) -> None:
    add_mesh("Face")
    library = str(tmp_path / "library.blend")
    bpy.ops.wm.save_as_mainfile(filepath=library)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(library, link=True) as (available, wanted):
        wanted.objects = available.objects
    bpy.context.collection.objects.link(wanted.objects[0])
    face = wanted.objects[0].override_create(remap_local_usages=True)
    face.data.override_create(remap_local_usages=True)
    assert face.data.override_library is not None
    face.select_set(True)
    before = digest()
    with pytest.raises(RuntimeError, match=r"override.*Make Local"):
        bpy.ops.facsimile.build_shapes()
    assert digest() == before
    face.data.make_local()
    built(face)


def test_what_is_linked_and_made_local_gets_keys_that_are_saved(add_mesh, tmp_path) -> None:
    add_mesh("Face")
    library, scene = str(tmp_path / "library.blend"), str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=library)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(library, link=True) as (available, wanted):
        wanted.objects = available.objects
    bpy.context.collection.objects.link(wanted.objects[0])
    bpy.context.view_layer.objects.active = wanted.objects[0]
    wanted.objects[0].select_set(True)
    bpy.ops.object.make_local(type="SELECT_OBDATA")
    (face,) = bpy.context.selected_objects
    built(face)
    bpy.ops.wm.save_as_mainfile(filepath=scene)
    bpy.ops.wm.open_mainfile(filepath=scene)
    assert bpy.data.objects["Face"].data.shape_keys.key_blocks.keys() == ["Basis", *NAMES]
    with bpy.data.libraries.load(library) as (available, wanted):
        assert available.objects == ["Face"]


def test_an_object_that_is_selected_and_hidden_is_left_out(add_mesh) -> None:
    face, hidden, disabled = add_mesh("Face"), add_mesh("Hidden", 4, 1), add_mesh("Disabled", 4, 2)
    hidden.hide_set(True)
    disabled.hide_viewport = True
    built(face)
    assert hidden.data.shape_keys is None and disabled.data.shape_keys is None


def test_what_local_view_leaves_out_is_left_out(add_mesh) -> None:
    face, other = add_mesh("Face"), add_mesh("Other", 4, 1)
    window = bpy.context.window_manager.windows[0] if bpy.context.window_manager.windows else None
    if window is None:
        pytest.skip("this Blender has no window")
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        other.select_set(False)
        bpy.ops.view3d.localview()
        other.select_set(True)
        assert area.spaces[0].local_view is not None
        built(face)
    assert other.data.shape_keys is None


def test_an_object_of_another_scene_is_not_touched(add_mesh) -> None:
    face, other = add_mesh("Face"), add_mesh("Other", 4, 1)
    scene = bpy.data.scenes.new("Second")
    scene.collection.objects.link(other)
    bpy.context.scene.collection.objects.unlink(other)
    scene.facsimile.names = "ict"
    assert built(face).key_blocks.keys() == ["Basis", *NAMES]
    assert other.data.shape_keys is None
    assert bpy.context.scene.facsimile.names == "arkit"


def test_linked_duplicates_of_a_whole_character_are_refused_together(add_mesh) -> None:
    face = add_mesh("Face")
    for number in range(3):
        twin = bpy.data.objects.new(f"Twin {number}", face.data)
        bpy.context.collection.objects.link(twin)
        twin.select_set(True)
    before = digest()
    with pytest.raises(RuntimeError, match=r"share one mesh\. .*Make Single User"):
        bpy.ops.facsimile.build_shapes()
    assert digest() == before
    bpy.ops.object.make_single_user(type="SELECTED_OBJECTS", object=True, obdata=True)
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
