"""Pictures of the shapes as icons, and the shape that a click shows: nothing of it stays in the file."""

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.reviewing import LOOK
from bl_ext.user_default.facsimile.addon.session import SESSION
from bl_ext.user_default.facsimile.addon.shape_pictures import SIZE, shape_pictures_request
from bl_ext.user_default.facsimile.addon.thumbnails import THUMBNAILS
from digest import digest
from fake_backend import NAMES, rule


@pytest.fixture(autouse=True)
def nothing_stays():
    yield
    LOOK.end()
    THUMBNAILS.forget()
    SESSION.forget()


@pytest.fixture(autouse=True, scope="module")
def backend_stops():
    yield
    SESSION.queue.stop()


def test_the_request_holds_what_the_keys_do_in_the_world(add_mesh) -> None:
    face, eyes = add_mesh("Face"), add_mesh("Eyes", 4, 1)
    face.scale = eyes.scale = (2, 2, 2)
    eyes.location = (0, 0, -1)
    bpy.context.view_layer.update()
    bpy.ops.facsimile.build_shapes()
    params, arrays = shape_pictures_request([eyes, face], ("jawOpen", "browInnerUp"))
    assert params == {"channels": ["jawOpen", "browInnerUp"], "size": SIZE, "object_names": ["Eyes", "Face"]}
    points = arrays["vertices"].astype(np.float64)
    middle = (points.min(0) + points.max(0)) / 2
    assert np.allclose(arrays["deltas"], rule(points - middle)[:2], atol=1e-5)
    assert arrays["objects"].tolist() == [0] * 16 + [1] * 36
    assert arrays["corners"][4 * 9 :].min() == 16


def test_every_shape_gets_an_icon_and_nothing_is_changed(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    before, images = digest(), len(bpy.data.images)
    assert bpy.ops.facsimile.draw_thumbnails() == {"FINISHED"}
    assert THUMBNAILS.names[0] == "tongueOut" and set(THUMBNAILS.names) == set(NAMES)
    assert THUMBNAILS.show([face]) and not THUMBNAILS.show([])
    preview = THUMBNAILS.previews["jawOpen"]
    assert THUMBNAILS.icons["jawOpen"] == preview.icon_id
    assert tuple(preview.image_size) == (SIZE, SIZE)
    pixels = np.array(preview.image_pixels, np.int32).view(np.uint8).reshape(SIZE, SIZE, 4)
    assert pixels[0, 0].tolist() == [10, 255, 255, 255] and pixels[-1, 0].tolist() == [10, 7, 255, 255]
    assert digest() == before and len(bpy.data.images) == images
    bpy.ops.facsimile.forget_thumbnails()
    assert not THUMBNAILS.icons and THUMBNAILS.previews is None


def test_pictures_of_shapes_that_have_changed_go(add_mesh) -> None:
    face = add_mesh("Face")
    for change in (bpy.ops.facsimile.build_shapes, bpy.ops.facsimile.remove_shapes):
        if not (face.data.shape_keys and THUMBNAILS.icons):
            bpy.ops.facsimile.build_shapes()
        bpy.ops.facsimile.draw_thumbnails()
        change()
        assert not THUMBNAILS.icons
    bpy.ops.facsimile.build_shapes()
    bpy.ops.facsimile.draw_thumbnails()
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not THUMBNAILS.icons


def test_without_shapes_it_says_so(add_mesh) -> None:
    add_mesh("Face")
    with pytest.raises(RuntimeError, match="Select a mesh that Facsimile has given shapes"):
        bpy.ops.facsimile.draw_thumbnails()


def test_a_click_shows_a_shape_and_another_goes_back(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    keys = face.data.shape_keys
    keys.key_blocks["browInnerUp"].value = 0.5
    face.active_shape_key_index = 2
    before = digest()

    def shown() -> np.ndarray:
        bpy.context.view_layer.update()
        mesh = face.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        return np.array([vertex.co for vertex in mesh.vertices])

    usual = shown()
    for name in ("jawOpen", "browInnerUp"):
        bpy.ops.facsimile.show_shape(shape=name)
        assert np.allclose(shown(), points_of(face, name), atol=1e-6)
    bpy.ops.facsimile.show_shape(shape="browInnerUp")
    assert np.array_equal(shown(), usual)
    assert (face.active_shape_key_index, face.show_only_shape_key) == (2, False)
    assert digest() == before


def test_what_is_only_looked_at_is_not_saved(add_mesh, tmp_path) -> None:
    add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    bpy.ops.facsimile.show_shape(shape="jawOpen")
    path = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    face = bpy.data.objects["Face"]
    assert not face.show_only_shape_key and not LOOK.name


def test_shapes_built_again_while_one_is_looked_at_leave_the_view_as_it_was(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    face.active_shape_key_index = 1
    bpy.ops.facsimile.show_shape(shape="tongueOut")
    bpy.ops.facsimile.remove_shapes()
    bpy.ops.facsimile.build_shapes()
    assert not face.show_only_shape_key and not LOOK.name
