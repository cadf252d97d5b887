"""Recordings that selected meshes speak, with the real backend."""

import os
from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon import preview, speech_live
from bl_ext.user_default.facsimile.addon.blender_version import curves_of
from bl_ext.user_default.facsimile.addon.performing import PERFORMING
from bl_ext.user_default.facsimile.addon.speech_read import emotion_keys
from bl_ext.user_default.facsimile.addon.speech_timing import KEPT, MARK
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


def speak(**more) -> None:
    assert bpy.ops.facsimile.speak(filepath=str(VOICE), text=TEXT, strip=False, **more) == {"FINISHED"}


def markers() -> list[bpy.types.TimelineMarker]:
    return sorted(bpy.context.scene.timeline_markers, key=lambda one: one.frame)


def test_words_that_were_moved_stay_there_when_the_face_speaks_again(face) -> None:
    speak()
    before, last = values(face, "jawOpen"), markers()[-1]
    (block,) = (text for text in bpy.data.texts if KEPT in text)
    assert block.name == "LJ001-0002.TextGrid" and '"modern"' in block.as_string()
    last.frame += 4
    wanted = last.frame
    speak()
    assert PERFORMING.spoken.route == "given" and markers()[-1].frame == wanted
    assert np.abs(values(face, "jawOpen") - before).max() > 0.05
    moved = values(face, "jawOpen")
    speak(jaw=1.5)
    assert markers()[-1].frame == wanted and values(face, "jawOpen").max() > moved.max()
    # Another text is another timing, and so is a recording whose timing was forgotten.
    assert bpy.ops.facsimile.speak(filepath=str(VOICE), strip=False) == {"FINISHED"}
    assert PERFORMING.spoken.route == "recognised"
    settings = bpy.context.scene.facsimile_speech
    settings.filepath, settings.text = str(VOICE), ""
    assert bpy.ops.facsimile.time_anew() == {"FINISHED"} and not bpy.ops.facsimile.time_anew.poll()
    assert not [text for text in bpy.data.texts if KEPT in text]


def test_borders_that_were_moved_in_the_text_are_kept_and_a_broken_one_is_refused(face) -> None:
    speak()
    (block,) = (text for text in bpy.data.texts if KEPT in text)
    whole = block.as_string()
    block.clear()
    block.write(whole.replace('text = "being"', 'text = "beeing"'))
    speak()
    assert "beeing" in [word for word, _, _ in PERFORMING.spoken.words]
    block.clear()
    block.write(whole[: len(whole) // 2])
    before = digest()
    with pytest.raises(RuntimeError, match="damaged or cut short"):
        speak()
    assert digest() == before


def test_each_layer_gets_a_strip_that_adds_to_those_below(face) -> None:
    speak(apart=True, mood="SET", anger=0.8)
    keys = face.data.shape_keys
    tracks = [track.strips[0] for track in keys.animation_data.nla_tracks]
    # The recording is too short for a blink.
    names = [strip.action.name.rpartition(" ")[2] for strip in tracks]
    assert names == ["mouth", "emotion", "glances", "brows"]
    assert [strip.blend_type for strip in tracks] == ["REPLACE", "ADD", "ADD", "ADD"]
    tracks[1].mute = True
    speak(apart=True, mood="SET", anger=0.8, brows=0.0)
    tracks = [track.strips[0] for track in keys.animation_data.nla_tracks]
    assert [strip.mute for strip in tracks] == [False, True, False]
    assert max(heights(keys, "browDownLeft")) == pytest.approx(0, abs=1e-4)
    tracks[1].mute = False
    assert max(heights(keys, "browDownLeft")) > 0.3
    speak(apart=True)
    assert len(keys.animation_data.nla_tracks) == 3 and max(heights(keys, "browDownLeft")) == pytest.approx(0, abs=1e-4)


def test_options_are_followed_on_every_frame_and_nothing_is_written(face) -> None:
    scene, keys = bpy.context.scene, face.data.shape_keys
    settings = scene.facsimile_speech
    settings.filepath, settings.text, settings.mood = str(VOICE), TEXT, "OFF"
    before = digest()
    assert bpy.ops.facsimile.speak_live() == {"FINISHED"} and preview.shown(speech_live.NAME)
    plain = heights(keys, "jawOpen"), heights(keys, "browDownLeft")
    assert 0.1 < max(plain[0]) < 0.9 and max(plain[1]) == 0
    settings.jaw, settings.mood, settings.anger = 2.0, "SET", 0.9
    # Windows have a timer for it.
    while speech_live.advance(0.05):
        pass
    assert speech_live.LIVE.spoken.route == "given"
    assert max(heights(keys, "jawOpen")) > max(plain[0]) and max(heights(keys, "browDownLeft")) > 0.3
    assert bpy.ops.facsimile.speak_live() == {"FINISHED"} and not preview.shown()
    settings.jaw, settings.mood, settings.anger = 1.0, "OFF", 0.0
    scene.frame_set(1)
    assert digest() == before and not curves_of(keys) and not bpy.data.texts
    settings.filepath = "/absent.wav"
    with pytest.raises(RuntimeError, match="no file"):
        bpy.ops.facsimile.speak_live()
    assert not preview.shown()


def test_options_of_curves_do_to_all_layers_together_what_they_do_to_the_whole(face) -> None:
    keys = face.data.shape_keys
    options = {"mood": "SET", "anger": 0.8, "channels": [{"name": "jawOpen", "gain": 0.5, "offset": 0.2}]}
    speak(**options)
    whole = heights(keys, "jawOpen")
    keys.animation_data_clear()
    speak(apart=True, **options)
    assert len(keys.animation_data.nla_tracks) == 4
    assert heights(keys, "jawOpen") == pytest.approx(whole, abs=1e-3) and max(whole) < 0.9


def heights(keys: bpy.types.Key, name: str) -> list[float]:
    """Of a key, frame by frame."""
    found = []
    for frame in range(1, 40):
        bpy.context.scene.frame_set(frame)
        found.append(keys.key_blocks[name].value)
    return found


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
