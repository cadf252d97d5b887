"""The verbs fit-photo, fit-video and speak of blender --command facsimile, with the real backend."""

import os
from pathlib import Path

import bpy
import pytest
from bl_ext.user_default.facsimile.addon import command_line
from bl_ext.user_default.facsimile.addon.blender_version import curves_of

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "dev"
PHOTO, FILM = CORPUS / "faces" / "smirk_test_image1.png", CORPUS / "faces" / "smirk_dafoe.mp4"
VOICE = CORPUS / "speech" / "LJ001-0002.wav"

pytestmark = [
    pytest.mark.usefixtures("no_backend_left"),
    pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is absent"),
]


@pytest.fixture(autouse=True)
def real_backend(monkeypatch) -> None:
    monkeypatch.setenv("FACSIMILE_PYTHON", os.environ["FACSIMILE_TEST_BACKEND"])


def test_photographs_become_a_scene(tmp_path, capsys) -> None:
    out = tmp_path / "out.blend"
    assert command_line.run(["fit-photo", str(PHOTO), "--no-texture", "--out", str(out)]) == 0
    assert "was made, seen through" in capsys.readouterr().out
    bpy.ops.wm.open_mainfile(filepath=str(out))
    assert sum(item.type == "MESH" for item in bpy.data.objects) == 5 and bpy.context.scene.camera is not None


def test_a_film_becomes_a_scene(tmp_path, capsys) -> None:
    out = tmp_path / "out.blend"
    assert command_line.run(["fit-video", str(FILM), "--out", str(out)]) == 0
    assert "curves, frames 1 to 99" in capsys.readouterr().out
    bpy.ops.wm.open_mainfile(filepath=str(out))
    assert bpy.context.scene.frame_end == 99


def test_a_character_speaks(add_mesh, tmp_path, capsys) -> None:
    face = add_mesh("Face")
    for name in ("Basis", "jawOpen"):
        face.shape_key_add(name=name, from_mix=False)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    (tmp_path / "said.txt").write_text("in being comparatively modern")
    given = ["--audio", str(VOICE), "--text", str(tmp_path / "said.txt"), "--start", "5"]
    out = tmp_path / "out.blend"
    assert command_line.run(["speak", str(tmp_path / "scene.blend"), *given, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "aligned, confidence" in printed and "1 curve in LJ001-0002" in printed
    bpy.ops.wm.open_mainfile(filepath=str(out))
    assert len(curves_of(bpy.data.objects["Face"].data.shape_keys)) == 1
    assert len(bpy.context.scene.timeline_markers) == 4


@pytest.mark.parametrize("verb", ["fit-photo", "fit-video"])
def test_what_is_no_footage_is_refused(verb, tmp_path, capsys) -> None:
    (tmp_path / "bad.bin").write_bytes(b"nothing")
    assert command_line.run([verb, str(tmp_path / "bad.bin"), "--out", str(tmp_path / "out.blend")]) == 2
    said = capsys.readouterr().err
    assert "bad.bin" in said and "Traceback" not in said and not (tmp_path / "out.blend").exists()
