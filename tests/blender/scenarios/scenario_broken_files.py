"""Broken head files through the command: keys on what could be read, or one sentence, whatever Blender makes of it."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon import command_line
from bl_ext.user_default.facsimile.addon.session import SESSION

EXPORTERS = {
    ".blend": lambda path: bpy.ops.wm.save_as_mainfile(filepath=path, copy=True),
    ".obj": lambda path: bpy.ops.wm.obj_export(filepath=path),
    ".ply": lambda path: bpy.ops.wm.ply_export(filepath=path),
    ".stl": lambda path: bpy.ops.wm.stl_export(filepath=path),
    ".glb": lambda path: bpy.ops.export_scene.gltf(filepath=path),
    ".fbx": lambda path: bpy.ops.export_scene.fbx(filepath=path),
}


@pytest.fixture(autouse=True)
def backend_stops():
    yield
    SESSION.forget()
    SESSION.queue.stop()


def truncated(content: bytes, share: float) -> bytes:
    return content[: int(share * len(content))]


def noise(content: bytes, share: float) -> bytes:
    return np.random.default_rng(int(100 * share)).bytes(3000)


def blanked(content: bytes, share: float) -> bytes:
    return content[:60] + bytes(len(content) - 60)


@pytest.mark.parametrize("suffix", EXPORTERS)
@pytest.mark.parametrize(
    ("spoil", "share"), [(truncated, 0.0), (truncated, 0.3), (truncated, 0.9), (noise, 0.5), (blanked, 0)]
)
def test_a_broken_file_is_one_sentence_or_keys(suffix: str, spoil, share, add_mesh, tmp_path: Path, capsys) -> None:
    head, out = tmp_path / f"head{suffix}", tmp_path / "out.blend"
    add_mesh("Face", 12)
    EXPORTERS[suffix](str(head))
    content = head.read_bytes()
    head.write_bytes(spoil(content, share))
    capsys.readouterr()
    status = command_line.run(["shapes", str(head), "--out", str(out)])
    told = capsys.readouterr().err.splitlines()
    assert (status, out.exists(), len(told)) in ((0, True, 0), (2, False, 1)), told
    assert not told or (told[0].endswith(".") and "Traceback" not in told[0] and len(told[0]) < 500)


def test_a_blend_of_two_gigabytes_of_nothing_is_refused(tmp_path: Path, capsys) -> None:
    head = tmp_path / "head.blend"
    with head.open("wb") as stream:
        stream.truncate(2 << 30)
    assert command_line.run(["shapes", str(head), "--out", str(tmp_path / "out.blend")]) == 2
    assert "Traceback" not in capsys.readouterr().err
