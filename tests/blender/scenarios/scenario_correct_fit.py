"""A fitted head put right by hand: by points of its photograph, and by sliders of its shape, with the real backend."""

import os
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.fit_views import read_view
from bl_ext.user_default.facsimile.addon.fitted_head import (
    FOUND,
    IDENTITY,
    cameras_of,
    face_of,
    head_of,
    meshes_of,
    why_not_correct,
)
from bl_ext.user_default.facsimile.addon.fitted_properties import SLIDERS
from bl_ext.user_default.facsimile.addon.head_shape import HEAD_SHAPE
from bl_ext.user_default.facsimile.addon.performing import PERFORMING
from bl_ext.user_default.facsimile.addon.session import SESSION
from bpy_extras.object_utils import world_to_camera_view
from digest import digest

FACES = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "dev" / "faces"
PHOTO, FILM = FACES / "smirk_test_image1.png", FACES / "smirk_dafoe.mp4"
CORNER, CHIN = 61, 152

pytestmark = pytest.mark.skipif(not FACES.is_dir(), reason="../shared/corpus is absent")


@pytest.fixture(scope="module", autouse=True)
def real_backend() -> Iterator[None]:
    """One for all tests of this file: it takes seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACSIMILE_PYTHON", os.environ["FACSIMILE_TEST_BACKEND"])
        yield
        SESSION.queue.stop()


@pytest.fixture(autouse=True)
def nothing_at_hand() -> Iterator[None]:
    yield
    PERFORMING.forget()
    HEAD_SHAPE.basis = None


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory, real_backend: None) -> Path:
    """A file with a head fitted to a photograph."""
    bpy.ops.wm.read_homefile(use_empty=True)
    assert bpy.ops.facsimile.fit_photo(filepath=str(PHOTO)) == {"FINISHED"}
    path = tmp_path_factory.mktemp("fitted") / "head.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture
def head(fitted: Path) -> bpy.types.Object:
    """The head, active."""
    bpy.ops.wm.open_mainfile(filepath=str(fitted))
    made = next(item for item in bpy.data.objects if IDENTITY in item)
    bpy.context.view_layer.objects.active = made
    bpy.context.view_layer.update()
    return made


def points_of(item: bpy.types.Object, key: str | None = None) -> np.ndarray:
    source = item.data.shape_keys.key_blocks[key].points if key else item.data.vertices
    values = np.empty(3 * len(source), np.float32)
    source.foreach_get("co", values)
    return values.reshape(-1, 3)


def names_of(item: bpy.types.Object) -> list[str]:
    return item.data.shape_keys.key_blocks.keys()


def shown(item: bpy.types.Object) -> np.ndarray:
    """(n, 2) pixels, y down, where the scene's camera sees the evaluated vertices."""
    scene = bpy.context.scene
    bpy.context.view_layer.update()
    mesh = item.evaluated_get(bpy.context.evaluated_depsgraph_get())
    places = [world_to_camera_view(scene, scene.camera, mesh.matrix_world @ one.co) for one in mesh.data.vertices]
    size = scene.render.resolution_x, scene.render.resolution_y
    return np.array([[place.x * size[0], (1 - place.y) * size[1]] for place in places])


def point(number: int, place: np.ndarray, weight: float = 0.0, camera: str = "") -> dict[str, object]:
    """A point as the operator takes it."""
    return {"name": camera, "landmark": number, "x": float(place[0]), "y": float(place[1]), "weight": weight}


def found(head: bpy.types.Object) -> np.ndarray:
    return read_view(cameras_of(head)[0]).found[:, :2]


def test_a_corner_of_the_mouth_moved_by_ten_pixels_takes_the_head_along(head) -> None:
    face, before = face_of(head), found(head)
    nearest = int(np.linalg.norm(shown(face) - before[CORNER], axis=1).argmin())
    start = shown(face)[nearest]
    assert bpy.ops.facsimile.correct_fit(points=[point(CORNER, before[CORNER] - [10, 0])]) == {"FINISHED"}
    end = shown(face)[nearest]
    assert -12 < end[0] - start[0] < -4.5 and abs(end[1] - start[1]) < 3
    wanted = before[CORNER] - [10, 0]
    assert np.linalg.norm(end - wanted) < 0.5 * np.linalg.norm(start - wanted)
    assert PERFORMING.told == ("Fitted again with 1 corrected point",)
    # What the detector found is kept beside it, and a second correction is added to the first.
    np.testing.assert_allclose(found(head), before, atol=1e-3)
    assert bpy.ops.facsimile.correct_fit(points=[point(CHIN, before[CHIN] + [0, 8], 100.0)]) == {"FINISHED"}
    kept = read_view(cameras_of(head)[0]).corrections
    assert np.flatnonzero(np.isfinite(kept.landmarks).all(1)).tolist() == [CORNER, CHIN]
    assert kept.weights[[CORNER, CHIN]].tolist() == [64, 100]
    assert bpy.ops.facsimile.correct_fit(anew=True) == {"FINISHED"}
    np.testing.assert_allclose(shown(face)[nearest], start, atol=0.05)


def test_a_correction_moves_what_there_is_and_makes_nothing_new(head) -> None:
    face, camera = face_of(head), cameras_of(head)[0]
    face.name, camera.name = "Her face", "Her camera"
    relative = head.matrix_world.inverted() @ camera.matrix_world
    head.location.x, head.rotation_euler.z = 0.3, 0.5
    jaw = face.data.shape_keys.key_blocks["jawOpen"]
    for frame, value in ((1, 0.2), (10, 0.8)):
        jaw.value = value
        jaw.keyframe_insert("value", frame=frame)
    bpy.context.scene.frame_set(10)
    own = face.shape_key_add(name="Scar", from_mix=False)
    own.points[5].co.z += 0.01
    scar = points_of(face, "Scar") - points_of(face, "Basis")
    bpy.context.view_layer.update()
    before = digest()
    assert bpy.ops.facsimile.correct_fit(points=[point(CORNER, found(head)[CORNER] - [10, 0])]) == {"FINISHED"}
    after = digest()
    for name in ("actions", "materials", "meshes", "objects", "scenes", "shape_keys"):
        assert after[name] == before[name]
    assert jaw.value == pytest.approx(0.8) and face.data.shape_keys.animation_data.action is not None
    np.testing.assert_allclose(points_of(face, "Scar") - points_of(face, "Basis"), scar, atol=1e-6)
    np.testing.assert_allclose(points_of(face), points_of(face, "Basis"), atol=1e-7)
    # The camera goes with the head, wherever that stands.
    bpy.context.view_layer.update()
    again = head.matrix_world.inverted() @ camera.matrix_world
    assert (again.translation - relative.translation).length < 0.1
    assert again.to_quaternion().rotation_difference(relative.to_quaternion()).angle < 0.15
    assert digest() != before


def test_what_cannot_be_corrected_is_told(head, add_mesh) -> None:
    before = digest()
    with pytest.raises(RuntimeError, match="There is no landmark 700"):
        bpy.ops.facsimile.correct_fit(points=[point(700, np.ones(2))])
    with pytest.raises(RuntimeError, match="is no camera of this head"):
        bpy.ops.facsimile.correct_fit(points=[point(7, np.ones(2), camera="Nobody")])
    assert digest() == before
    camera = cameras_of(head)[0]
    camera[FOUND] = [1.0, 2.0]
    with pytest.raises(RuntimeError, match="has lost what was seen"):
        bpy.ops.facsimile.correct_fit()
    bpy.data.objects.remove(camera)
    assert why_not_correct(head).startswith("Points can be corrected in photographs only")
    with pytest.raises(RuntimeError, match="corrected in photographs only"):
        bpy.ops.facsimile.correct_fit()
    add_mesh("Other")
    with pytest.raises(RuntimeError, match="Select a head that was fitted"):
        bpy.ops.facsimile.correct_fit()


def test_the_head_is_found_from_all_that_belongs_to_it(head) -> None:
    for item in (head, *meshes_of(head), *cameras_of(head)):
        assert head_of(item) == head
    assert face_of(head).name.endswith(" head")


def test_a_slider_moves_mesh_and_keys_and_back(head) -> None:
    meshes = meshes_of(head)
    before = {(item.name, key): points_of(item, key) for item in meshes for key in names_of(item)}
    head.facsimile_fitted.nose_forward = 2.0
    face = face_of(head)
    basis = points_of(face, "Basis") - before[face.name, "Basis"]
    nose = before[face.name, "Basis"][:, 1].argmin()
    # Blender's front is -y. A standard deviation of the nose is 3.9 mm.
    assert -0.012 < basis[nose, 1] < -0.004
    for name in ("jawOpen", "eyeBlinkLeft"):
        np.testing.assert_allclose(points_of(face, name) - before[face.name, name], basis, atol=1e-6)
    np.testing.assert_allclose(points_of(face), points_of(face, "Basis"), atol=1e-7)
    head.facsimile_fitted.nose_forward = 0.0
    for (name, key), points in before.items():
        np.testing.assert_allclose(points_of(bpy.data.objects[name], key), points, atol=1e-6)


def test_eyes_turn_about_their_own_middles_after_a_slider(head) -> None:
    """As the backend would have made them for that identity."""
    head.facsimile_fitted.eye_distance = 2.5
    eye = next(item for item in meshes_of(head) if item.name.endswith("eye_left"))
    rest, turned = points_of(eye, "Basis"), points_of(eye, "eyeLookOutLeft")
    apart = [np.linalg.norm(points - points.mean(0), axis=1) for points in (rest, turned)]
    assert np.abs(turned - rest).max() > 0.004
    np.testing.assert_allclose(apart[0], apart[1], atol=3e-4)


def test_coefficients_and_sliders_add_up_and_undo_each_other(head) -> None:
    fitted = head.facsimile_fitted
    face = face_of(head)
    assert len(fitted.coefficients) == 100 and np.allclose(head[IDENTITY], [one.value for one in fitted.coefficients])
    before = points_of(face)
    fitted.jaw_width = 1.0
    directions = HEAD_SHAPE.basis.directions
    for one, step in zip(fitted.coefficients, directions[list(SLIDERS).index("jaw_width")], strict=True):
        one.value -= step
    np.testing.assert_allclose(points_of(face), before, atol=1e-5)


def test_animated_sliders_move_the_head_in_time(head) -> None:
    fitted, scene, face = head.facsimile_fitted, bpy.context.scene, face_of(head)
    rest = points_of(face, "Basis")
    for frame, value in ((1, 0.0), (21, 2.0)):
        fitted.mouth_width = value
        fitted.keyframe_insert("mouth_width", frame=frame)
    scene.frame_set(21)
    wide = points_of(face, "Basis")
    scene.frame_set(11)
    bpy.context.view_layer.update()
    assert fitted.mouth_width == pytest.approx(1.0, abs=0.02)
    np.testing.assert_allclose(points_of(face, "Basis") - rest, (wide - rest) / 2, atol=2e-5)
    scene.frame_set(1)
    np.testing.assert_allclose(points_of(face, "Basis"), rest, atol=1e-6)
    # What is evaluated at a frame, and so what is rendered, has the head of that frame.
    for key in face.data.shape_keys.key_blocks:
        key.value = 0
    scene.frame_set(21)
    seen = face.evaluated_get(bpy.context.evaluated_depsgraph_get())
    np.testing.assert_allclose([vertex.co for vertex in seen.data.vertices], wide, atol=1e-5)
    # Strips and drivers move it too.
    action = head.animation_data.action
    head.animation_data.action = None
    track = head.animation_data.nla_tracks.new()
    track.strips.new("Wide", 1, action)
    scene.frame_set(15)
    scene.frame_set(21)
    np.testing.assert_allclose(points_of(face, "Basis"), wide, atol=1e-5)


def test_sculpting_stays_and_added_vertices_are_told(head) -> None:
    face = face_of(head)
    key = face.data.shape_keys.key_blocks["mouthSmileLeft"]
    key.points[100].co.x += 0.02
    sculpted = points_of(face, "mouthSmileLeft") - points_of(face, "Basis")
    head.facsimile_fitted.face_width = 1.0
    np.testing.assert_allclose(points_of(face, "mouthSmileLeft") - points_of(face, "Basis"), sculpted, atol=1e-6)
    face.data.vertices.add(1)
    head.facsimile_fitted.face_width = 2.0
    assert HEAD_SHAPE.refusal is not None and "does not have" in HEAD_SHAPE.refusal.sentence


def test_one_slider_of_an_expression_moves_all_parts(head) -> None:
    face = face_of(head)
    face.data.shape_keys.key_blocks["jawOpen"].value = 1.0
    bpy.context.view_layer.update()
    mouth = next(item for item in meshes_of(head) if item.name.endswith("mouth"))
    assert mouth.data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(1.0)


def test_a_films_head_has_sliders_and_no_points() -> None:
    assert bpy.ops.facsimile.fit_video(filepath=str(FILM)) == {"FINISHED"}
    assert not any("drivers" in line for line in PERFORMING.told)
    head = next(item for item in bpy.data.objects if IDENTITY in item)
    bpy.context.view_layer.objects.active = head
    assert len(head.facsimile_fitted.coefficients) == 100
    with pytest.raises(RuntimeError, match="corrected in photographs only"):
        bpy.ops.facsimile.correct_fit()
