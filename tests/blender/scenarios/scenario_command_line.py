"""The verbs of blender --command facsimile."""

from pathlib import Path

import bpy
import pytest
from bl_ext.user_default.facsimile.addon import command_line

OBJ = "v -1 -1 0\nv 1 -1 0\nv 1 1 0\nv -1 1 0\nf 1 2 3 4\n"


@pytest.fixture
def head(tmp_path: Path) -> Path:
    path = tmp_path / "head.obj"
    path.write_text(f"o Face\n{OBJ}o Teeth\n{OBJ.replace('f 1 2 3 4', 'f 5 6 7 8')}")
    return path


def keys_in(path: Path) -> dict[str, list[str]]:
    bpy.ops.wm.open_mainfile(filepath=str(path))
    return {
        item.name: item.data.shape_keys.key_blocks.keys() if item.data.shape_keys else [] for item in bpy.data.objects
    }


def test_an_obj_becomes_a_blend_with_keys(head: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out.blend"
    assert command_line.run(["shapes", str(head), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "50% Step 3 of 4" in printed or "75% Step 4 of 4" in printed
    assert "confidence 0.87" in printed
    assert "Face: skin, 3 new keys" in printed
    assert keys_in(out)["Face"] == ["Basis", "jawOpen", "browInnerUp", "tongueOut"]


def test_a_blend_is_read_and_only_the_named_objects_change(head: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.blend", tmp_path / "second.blend"
    assert command_line.run(["shapes", str(head), "--out", str(first), "--objects", "Teeth"]) == 0
    assert command_line.run(["shapes", str(first), "--out", str(second), "--objects", "Face", "--names", "ict"]) == 0
    keys = keys_in(second)
    assert keys["Teeth"] == ["Basis", "jawOpen", "browInnerUp", "tongueOut"]
    assert keys["Face"] == ["Basis", "jawOpen_ict", "browInnerUp_ict", "tongueOut_ict"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.obj", "--out", "o.blend"], "There is no file"),
        (["{head}", "--out", "o.glb"], "not a .blend"),
        (["{head}", "--out", "absent/o.blend"], "There is no folder"),
        (
            ["{head}", "--out", "{tmp}/o.blend", "--objects", "Nose"],
            'There is no mesh "Nose". The meshes are: Face, Teeth.',
        ),
        (["{tmp}/broken.glb", "--out", "{tmp}/o.blend"], "Blender cannot read broken.glb"),
        (["{tmp}/head.txt", "--out", "{tmp}/o.blend"], "no kind that can be read"),
    ],
)
def test_a_refusal_is_one_sentence_and_status_2(arguments, message, head, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "head.txt").write_text("no mesh")
    (tmp_path / "broken.glb").write_bytes(b"no mesh")
    given = [argument.format(head=head, tmp=tmp_path) for argument in arguments]
    assert command_line.run(["shapes", *given]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert "Traceback" not in errors
    assert len(errors.splitlines()) == 1
    assert not (tmp_path / "o.blend").exists()


def test_a_dead_backend_is_status_2(head: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_BACKEND", "die")
    assert command_line.run(["shapes", str(head), "--out", str(tmp_path / "o.blend")]) == 2
    assert "exit status 3" in capsys.readouterr().err
    assert not (tmp_path / "o.blend").exists()


def test_wrong_options_are_status_2() -> None:
    with pytest.raises(SystemExit) as left:
        command_line.run(["shapes"])
    assert left.value.code == 2
