"""Heads and cameras from photographs, performances from films, with the real backend."""

import os
from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.blender_version import curves_of
from bl_ext.user_default.facsimile.addon.fit_head import PERSON
from bl_ext.user_default.facsimile.addon.fit_texture import best_shown, place_photos, shares, stored
from bl_ext.user_default.facsimile.addon.fit_views import read_view
from bl_ext.user_default.facsimile.addon.fitted_head import IDENTITY
from bl_ext.user_default.facsimile.addon.performing import PERFORMING
from bpy_extras.object_utils import world_to_camera_view
from digest import digest

FACES = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "dev" / "faces"
PHOTO, OTHER, FILM = FACES / "smirk_test_image1.png", FACES / "smirk_test_image2.png", FACES / "smirk_dafoe.mp4"

pytestmark = [
    pytest.mark.usefixtures("no_backend_left"),
    pytest.mark.skipif(not FACES.is_dir(), reason="../shared/corpus is absent"),
]


@pytest.fixture(autouse=True)
def real_backend(monkeypatch) -> None:
    monkeypatch.setenv("FACSIMILE_PYTHON", os.environ["FACSIMILE_TEST_BACKEND"])


def skin() -> bpy.types.Object:
    return next(item for item in bpy.data.objects if item.type == "MESH" and item.name.endswith(" head"))


def seen_by_camera(points: np.ndarray) -> np.ndarray:
    """(n, 2) pixels, y down, of points (n, 3) of the world."""
    scene = bpy.context.scene
    from mathutils import Vector

    places = np.array([world_to_camera_view(scene, scene.camera, Vector(point)) for point in points.tolist()])
    size = np.array([scene.render.resolution_x, scene.render.resolution_y])
    return np.stack([places[:, 0] * size[0], (1 - places[:, 1]) * size[1]], axis=1)


def evaluated_points(item: bpy.types.Object) -> np.ndarray:
    shown = item.evaluated_get(bpy.context.evaluated_depsgraph_get())
    values = np.empty(3 * len(shown.data.vertices), np.float32)
    shown.data.vertices.foreach_get("co", values)
    matrix = np.array(shown.matrix_world)
    return values.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def uv_of(item: bpy.types.Object, name: str) -> np.ndarray:
    values = np.empty(2 * len(item.data.loops), np.float32)
    item.data.uv_layers[name].uv.foreach_get("vector", values)
    return values.reshape(-1, 2)


def test_a_photograph_becomes_a_head_that_its_camera_sees_where_the_picture_has_it() -> None:
    assert bpy.ops.facsimile.fit_photo(filepath=str(PHOTO)) == {"FINISHED"}
    face, scene, fit = skin(), bpy.context.scene, PERFORMING.fit
    assert len(face.data.shape_keys.key_blocks) >= 46
    assert face.parent[PERSON].startswith("fitted to photographs of a person") and len(face.parent[IDENTITY]) == 100
    assert (scene.render.resolution_y, scene.render.resolution_x) == tuple(fit.sizes[0])
    behind = scene.camera.data.background_images[0]
    assert scene.camera.data.show_background_images and Path(behind.image.filepath).name == PHOTO.name
    bpy.context.view_layer.update()
    # Where the backend has the posed vertices in the picture, the camera has them.
    pixels = seen_by_camera(evaluated_points(face))
    expected = fit.photo[0][fit.head.objects == 0] * [scene.render.resolution_x, scene.render.resolution_y]
    # ARKit has one key for the inner ends of both brows, the fit has two.
    apart = np.linalg.norm(pixels - expected, axis=1)
    assert np.median(apart) < 0.05 and np.quantile(apart, 0.8) < 0.3 and apart.max() < 2
    assert np.abs(pixels - fit.landmarks[0].mean(0)).min() < 40
    material = face.data.materials[0]
    assert any(node.type == "TEX_IMAGE" and node.image == behind.image for node in material.node_tree.nodes)
    assert 0.2 < np.mean([one.value for one in face.data.attributes["Seen"].data]) < 0.8


def test_several_photographs_have_a_camera_each() -> None:
    done = bpy.ops.facsimile.fit_photo(
        directory=str(FACES), files=[{"name": PHOTO.name}, {"name": PHOTO.name}], texture=False, match=False
    )
    assert done == {"FINISHED"}
    assert sum(item.type == "CAMERA" for item in bpy.data.objects) == 2
    assert not bpy.data.materials


def test_several_faces_are_told_and_the_largest_is_taken(tmp_path) -> None:
    one = bpy.data.images.load(str(PHOTO))
    width, height = one.size
    pixels = np.empty(width * height * 4, np.float32)
    one.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, 4)
    both = np.ones((height, 2 * width, 4), np.float32)
    both[:, :width] = pixels
    both[: height // 2, width : width + width // 2] = pixels[::2, ::2]
    made = bpy.data.images.new("Both", 2 * width, height)
    made.pixels.foreach_set(both.reshape(-1))
    made.filepath_raw, made.file_format = str(tmp_path / "both.png"), "PNG"
    made.save()
    assert bpy.ops.facsimile.fit_photo(filepath=str(tmp_path / "both.png")) == {"FINISHED"}
    assert "both.png shows 2 faces, the largest was taken" in PERFORMING.told
    assert PERFORMING.fit.landmarks[0, :, 0].max() < width


def test_a_mirrored_photograph_is_upright_and_its_texture_finds_the_pixels() -> None:
    """The camera has noted that it is mirrored; Blender does not look at the note."""
    assert bpy.ops.facsimile.fit_photo(filepath=str(PHOTO)) == {"FINISHED"}
    face, fit = skin(), PERFORMING.fit
    places = np.empty(2 * len(face.data.loops), np.float32)
    face.data.uv_layers["Photo"].uv.foreach_get("vector", places)
    meshes = {face: np.flatnonzero(fit.head.objects == 0)}
    place_photos(meshes, {0: 0}, [(0, True)], fit)
    turned = np.empty_like(places)
    face.data.uv_layers["Photo"].uv.foreach_get("vector", turned)
    np.testing.assert_allclose(turned.reshape(-1, 2)[:, 0], 1 - places.reshape(-1, 2)[:, 0], atol=1e-6)
    np.testing.assert_allclose(turned.reshape(-1, 2)[:, 1], places.reshape(-1, 2)[:, 1], atol=1e-6)


def test_several_photographs_share_the_texture_by_how_they_face_it() -> None:
    seen = np.array([[0.8, 0.2, 0.0, 0.0], [0.2, 0.6, 0.5, 0.0], [0.0, 0.2, 0.5, 0.0]], np.float32)
    shown, share = shares(seen)
    assert shown.tolist() == [1, 1, 1, 0]
    # As the material mixes them, one after the other, each has its part of the whole.
    parts = np.zeros_like(seen)
    for number in range(3):
        parts[:number] *= 1 - share[number]
        parts[number] = share[number]
    np.testing.assert_allclose(parts[:, :3], seen[:, :3] / seen[:, :3].sum(0), atol=1e-6)
    many = np.random.default_rng(0).uniform(0, 1, (12, 50))
    chosen = best_shown(many)
    assert len(chosen) == 8 and chosen[0] == 0 and chosen == sorted(chosen)
    left = set(range(1, 12)) - set(chosen)
    assert max(many[one].sum() for one in left) <= min(many[one].sum() for one in chosen[1:])


def test_two_photographs_make_one_texture() -> None:
    done = bpy.ops.facsimile.fit_photo(directory=str(FACES), files=[{"name": PHOTO.name}, {"name": OTHER.name}])
    assert done == {"FINISHED"}
    face = skin()
    assert [layer.name for layer in face.data.uv_layers] == ["Photo", "Photo 2"]
    share = np.array([one.value for one in face.data.attributes["Photo Share 2"].data])
    assert 0.1 < (share > 0.5).mean() < 0.9
    tree = face.data.materials[0].node_tree
    pictures = [node for node in tree.nodes if node.type == "TEX_IMAGE"]
    assert {Path(node.image.filepath).name for node in pictures} == {PHOTO.name, OTHER.name}
    assert {node.uv_map for node in tree.nodes if node.type == "UVMAP"} == {"Photo", "Photo 2"}
    # The second photograph is corrected after the first one's camera has gone: its map and share are found.
    before = {layer.name: uv_of(face, layer.name) for layer in face.data.uv_layers}
    first, second = (item for item in bpy.data.objects if item.type == "CAMERA")
    bpy.data.objects.remove(first)
    place = read_view(second).found[152] + [0, 5, 0]
    point = {"name": second.name, "landmark": 152, "x": place[0], "y": place[1], "weight": 0.0}
    assert bpy.ops.facsimile.correct_fit(points=[point]) == {"FINISHED"}
    np.testing.assert_array_equal(uv_of(face, "Photo"), before["Photo"])
    assert 0 < np.abs(uv_of(face, "Photo 2") - before["Photo 2"]).max() < 0.2
    share = np.array([one.value for one in face.data.attributes["Photo Share 2"].data])
    seen = np.array([one.value for one in face.data.attributes["Seen"].data])
    np.testing.assert_array_equal(share, seen)
    base = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED").inputs["Base Color"]
    assert base.is_linked


def test_a_film_moves_the_head_before_its_footage() -> None:
    assert bpy.ops.facsimile.fit_video(filepath=str(FILM), start_frame=11) == {"FINISHED"}
    face, scene, fit = skin(), bpy.context.scene, PERFORMING.fit
    assert scene.frame_start == 11 and scene.frame_end == 10 + len(fit.motion.weights)
    assert scene.render.fps / scene.render.fps_base == pytest.approx(fit.motion.fps, rel=1e-4)
    assert scene.camera.data.background_images[0].clip.frame_start == 11
    assert len(curves_of(face.data.shape_keys)) >= 40
    jaw = fit.motion.names.index("jawOpen")
    places = []
    for frame in (0, 40):
        scene.frame_set(11 + frame)
        assert face.data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(
            fit.motion.weights[frame, jaw], abs=1e-4
        )
        places.append(seen_by_camera(evaluated_points(face)).mean(0))
    # The performance's own place and turn, seen through the lens.
    for frame, place in zip((0, 40), places, strict=True):
        middle = (fit.middle + fit.motion.head[frame, 3:]) * [1, -1, -1]
        origin = fit.intrinsics @ middle
        assert np.abs(place - origin[:2] / origin[2]).max() < 0.35 * scene.render.resolution_y


def test_of_several_films_one_is_fitted_and_this_is_told(add_mesh) -> None:
    face = add_mesh("Face")
    for name in ("Basis", "jawOpen"):
        face.shape_key_add(name=name, from_mix=False)
    files = [{"name": FILM.name}, {"name": "another.mp4"}]
    with pytest.raises(RuntimeError, match="There is no file"):
        bpy.ops.facsimile.fit_video(directory=str(FACES), files=files, target="SELECTED")
    files = [{"name": FILM.name}, {"name": FILM.name}]
    assert bpy.ops.facsimile.fit_video(directory=str(FACES), files=files, target="SELECTED") == {"FINISHED"}
    assert f"Films are fitted one by one: this is {FILM.name}" in PERFORMING.told


def test_only_the_expression_goes_onto_selected_keys(add_mesh) -> None:
    face = add_mesh("Face")
    for name in ("Basis", "jawOpen", "mouthSmileLeft"):
        face.shape_key_add(name=name, from_mix=False)
    before = len(bpy.data.objects)
    assert bpy.ops.facsimile.fit_video(filepath=str(FILM), target="SELECTED") == {"FINISHED"}
    assert len(bpy.data.objects) == before and len(curves_of(face.data.shape_keys)) == 2


@pytest.mark.parametrize(
    ("operator", "content", "sentence"),
    [
        ("fit_photo", b"no picture", "no picture of a kind"),
        ("fit_video", b"no film", "no film that can be read"),
        ("fit_photo", None, "There is no file"),
    ],
)
def test_what_cannot_be_fitted_is_refused_and_changes_nothing(operator, content, sentence, tmp_path) -> None:
    path = tmp_path / ("bad.jpg" if operator == "fit_photo" else "bad.mp4")
    if content is not None:
        path.write_bytes(content)
    before = digest()
    with pytest.raises(RuntimeError, match=sentence):
        getattr(bpy.ops.facsimile, operator)(filepath=str(path))
    assert digest() == before and PERFORMING.step is None


def test_selected_meshes_without_keys_are_refused(add_mesh) -> None:
    add_mesh("Face")
    with pytest.raises(RuntimeError, match="No selected mesh has keys"):
        bpy.ops.facsimile.fit_photo(filepath=str(PHOTO), target="SELECTED")


@pytest.mark.parametrize("mirrored", [False, True])
def test_shares_of_a_turned_picture_find_its_stored_pixels(mirrored: bool) -> None:
    upright = np.random.default_rng(0).uniform(0, 1, (8, 12))
    for turns in range(4):
        file = np.rot90(upright[:, ::-1] if mirrored else upright, -turns)
        for row, column in ((0, 0), (3, 9), (7, 11)):
            share = np.array([[(column + 0.5) / 12, (row + 0.5) / 8]])
            right, up = stored(share, turns, mirrored)[0]
            height, width = file.shape
            assert file[int((1 - up) * height), int(right * width)] == upright[row, column]
