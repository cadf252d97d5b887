"""Recordings that selected meshes speak, with the real backend."""

import os
from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.blender_version import curves_of
from bl_ext.user_default.facsimile.addon.performing import PERFORMING
from bl_ext.user_default.facsimile.addon.speech_read import MARK, emotion_keys
from digest import digest

VOICE = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "dev" / "speech" / "LJ001-0002.wav"
TEXT = "in being comparatively modern."

pytestmark = [
    pytest.mark.usefixtures("no_backend_left"),
    pytest.mark.skipif(not VOICE.is_file(), reason="../shared/corpus is absent"),
]


@pytest.fixture(autouse=True)
def real_backend(monkeypatch) -> None:
    monkeypatch.setenv("FACSIMILE_PYTHON", os.environ["FACSIMILE_TEST_BACKEND"])


@pytest.fixture
def face(add_mesh) -> bpy.types.Object:
    item = add_mesh("Face")
    for name in ("Basis", "jawOpen", "browDownLeft", "mouthPressLeft"):
        item.shape_key_add(name=name, from_mix=False)
    return item


def values(item: bpy.types.Object, name: str) -> np.ndarray:
    curve = next(one for one in curves_of(item.data.shape_keys) if f'"{name}"' in one.data_path)
    return np.array([point.co[1] for point in curve.keyframe_points])


def strips(scene: bpy.types.Scene) -> list:
    editor = scene.sequence_editor
    return list(editor.strips if hasattr(editor, "strips") else editor.sequences) if editor else []


def test_a_recording_is_spoken_with_markers_and_sound(face) -> None:
    scene = bpy.context.scene
    assert bpy.ops.facsimile.speak(filepath=str(VOICE), text=TEXT, start_frame=11) == {"FINISHED"}
    assert PERFORMING.spoken.route == "aligned"
    assert 0.1 < values(face, "jawOpen").max() < 0.9 and values(face, "browDownLeft").max() == 0
    words = [marker.name.removeprefix(MARK) for marker in sorted(scene.timeline_markers, key=lambda one: one.frame)]
    assert words == ["in", "being", "comparatively", "modern"]
    if bpy.app.build_options.audaspace:
        (strip,) = strips(scene)
        assert strip.frame_start == 11
    # Once more: the same markers and strip, not twice as many.
    assert bpy.ops.facsimile.speak(filepath=str(VOICE), text=TEXT, start_frame=11) == {"FINISHED"}
    assert len(scene.timeline_markers) == 4
    assert len(strips(scene)) == bpy.app.build_options.audaspace


def test_emotions_are_set_and_keyed(face) -> None:
    done = bpy.ops.facsimile.speak(filepath=str(VOICE), mood="SET", anger=0.8, markers=False, strip=False)
    assert done == {"FINISHED"} and values(face, "browDownLeft").max() > 0.3
    assert not bpy.context.scene.timeline_markers
    settings = bpy.context.scene.facsimile_speech
    for frame, anger in ((1, 0.0), (25, 1.0)):
        settings.anger = anger
        settings.keyframe_insert("anger", frame=frame)
    times, keys = emotion_keys(settings, bpy.context.scene, 1.0)
    assert len(times) == 25 and keys[0, 1] == 0 and keys[-1, 1] == pytest.approx(1) and times[-1] == pytest.approx(1)


def test_what_cannot_be_spoken_is_refused_and_changes_nothing(face, tmp_path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    before = digest()
    for path, sentence in (
        (tmp_path / "bad.wav", "no recording that can be read"),
        (tmp_path / "absent.wav", "no file"),
    ):
        with pytest.raises(RuntimeError, match=sentence):
            bpy.ops.facsimile.speak(filepath=str(path))
    with pytest.raises(RuntimeError, match="language xx is not known"):
        bpy.ops.facsimile.speak(filepath=str(VOICE), language="xx")
    assert digest() == before and PERFORMING.step is None
