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
