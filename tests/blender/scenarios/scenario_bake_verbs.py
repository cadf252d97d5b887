"""The verbs bake and clone of blender --command facsimile."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon import command_line
from bl_ext.user_default.facsimile.addon.blender_version import curves_of
from bl_ext.user_default.facsimile.addon.keyframes import key_points
from bl_ext.user_default.facsimile.backend.capture import read_performance
from bl_ext.user_default.facsimile.backend.live_link import write_live_link
from bl_ext.user_default.facsimile.backend.performance import performance

JAW = np.array([0.0, 0.25, 1.0, 0.5, 0.0], np.float32)


@pytest.fixture
def scene(add_mesh, tmp_path: Path) -> Path:
    """A .blend with a character, and an actor whose lower half goes down in frames 3 to 7."""
    face = add_mesh("Face")
    for name in ("Basis", "jawOpen"):
        face.shape_key_add(name=name, from_mix=False)
    actor = add_mesh("Actor", 8)
    actor.shape_key_add(name="Basis", from_mix=False)
    key = actor.shape_key_add(name="JawOpen", from_mix=False)
    for point, base in zip(key.points, actor.data.vertices, strict=True):
        point.co.z -= 0.1 * (base.co.z < 0)
    for frame, value in enumerate(JAW, start=3):
        key.value = value
        key.keyframe_insert("value", frame=frame)
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 3, 7
    path = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.csv"
    write_live_link(path, performance(("jawOpen",), JAW[:, None], 24.0))
    return path


def face_points(path: Path) -> np.ndarray:
    bpy.ops.wm.open_mainfile(filepath=str(path))
    (curve,) = curves_of(bpy.data.objects["Face"].data.shape_keys)
    return key_points(curve)


def test_bake_puts_a_clip_onto_the_named_meshes(scene, clip, tmp_path, capsys) -> None:
    out = tmp_path / "out.blend"
    given = [
        "--performance",
        str(clip),
        "--out",
        str(out),
        "--objects",
        "Face",
        "--start",
        "10",
        "--gain",
        "jawOpen=0.5",
    ]
    assert command_line.run(["bake", str(scene), *given]) == 0
    printed = capsys.readouterr().out
    assert "clip: 5 frames at 24 fps" in printed and "1 curve in clip, frames 10 to 14" in printed
    assert np.allclose(face_points(out), np.stack([np.arange(10, 15), 0.5 * JAW], axis=1), atol=1e-6)


def test_bake_makes_a_strip_with_fewer_keys(scene, clip, tmp_path) -> None:
    out = tmp_path / "out.blend"
    given = ["--performance", str(clip), "--out", str(out), "--objects", "Face", "--where", "strip", "--reduce", "0.3"]
    assert command_line.run(["bake", str(scene), *given]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(out))
    (track,) = bpy.data.objects["Face"].data.shape_keys.animation_data.nla_tracks
    assert [strip.action.name for strip in track.strips] == ["clip"]


def test_clone_writes_a_file_and_a_scene(scene, tmp_path, capsys) -> None:
    out, saved = tmp_path / "out.blend", tmp_path / "take.npz"
    given = ["--source", "Actor", "--out", str(out), "--save", str(saved), "--objects", "Face"]
    assert command_line.run(["clone", str(scene), *given]) == 0
    printed = capsys.readouterr().out
    assert "Reading frame 3" in printed and "1 curve in Actor, frames 3 to 7" in printed
    assert np.allclose(read_performance(saved).weights[:, 0], JAW, atol=0.02)
    assert np.allclose(face_points(out)[:, 1], JAW, atol=0.02)


def test_clone_reads_keys_and_a_range_without_a_backend(scene, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_BACKEND", "die")
    saved = tmp_path / "take.csv"
    given = ["--source", "Actor", "--keys", "--frames", "4-6", "--save", str(saved)]
    assert command_line.run(["clone", str(scene), *given]) == 0
    assert np.allclose(read_performance(saved).named(("jawOpen",)).weights[:, 0], JAW[1:4], atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bake", "--performance", "absent.csv", "--out", "o.blend"], "There is no file absent.csv"),
        (["bake", "--performance", "{clip}", "--out", "o.glb"], "not a .blend"),
        (["bake", "--performance", "{clip}", "--out", "o.blend", "--strength", "chin=1"], "no region 'chin'"),
        (["bake", "--performance", "{clip}", "--out", "o.blend", "--head", "Nobody"], 'no object "Nobody"'),
        (["bake", "--performance", "{clip}", "--out", "o.blend", "--reduce", "-1"], "within an error of -1"),
        (["clone", "--source", "Actor"], "Nothing says where"),
        (["clone", "--source", "Nobody", "--save", "t.npz"], 'no object "Nobody"'),
        (["clone", "--source", "Actor", "--save", "t.fbx"], "neither a .csv nor an .npz"),
        (["clone", "--source", "Actor", "--save", "t.npz", "--frames", "x"], "no range of frames"),
        (["clone", "--source", "Actor", "--save", "t.npz", "--neutral", "x"], "no look at rest"),
    ],
)
def test_a_refusal_is_one_sentence_and_status_2(arguments, message, scene, clip, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    verb, *rest = (argument.format(clip=clip) for argument in arguments)
    assert command_line.run([verb, str(scene), *rest]) == 2
    errors = capsys.readouterr().err
    assert message in errors and len(errors.splitlines()) == 1
    assert not (tmp_path / "o.blend").exists() and not (tmp_path / "t.npz").exists()
