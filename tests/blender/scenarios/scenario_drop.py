"""Files dropped onto the 3D view."""

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.backend.live_link import write_live_link
from bl_ext.user_default.facsimile.backend.performance import performance, write_npz
from bl_ext.user_default.facsimile.operators.apply_performance import FACSIMILE_FH_capture
from digest import digest

HANDLER = bpy.types.FACSIMILE_FH_capture


def keyed(item: bpy.types.Object) -> bpy.types.Object:
    for name in ("Basis", "jawOpen"):
        item.shape_key_add(name=name, from_mix=False)
    return item


@pytest.mark.parametrize("name", ["take.csv", "take.npz", "take two.CSV"])
def test_a_dropped_take_animates_the_selection(name: str, add_mesh, tmp_path) -> None:
    face = keyed(add_mesh("Face"))
    take = performance(("jawOpen",), np.linspace(0, 1, 30, dtype=np.float32)[:, None], 24.0)
    write = write_npz if name.endswith("npz") else write_live_link
    write(tmp_path / name, take)
    assert bpy.ops.facsimile.apply_performance("INVOKE_DEFAULT", filepath=str(tmp_path / name)) == {"FINISHED"}
    bpy.context.scene.frame_set(30)
    assert face.data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(1.0, abs=1e-3)


def test_a_file_that_is_no_take_is_told_in_one_sentence(add_mesh, tmp_path) -> None:
    keyed(add_mesh("Face"))
    (tmp_path / "notes.txt").write_text("milk, bread\n")
    before = digest()
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.facsimile.apply_performance("INVOKE_DEFAULT", filepath=str(tmp_path / "notes.txt"))
    said = str(caught.value).strip()
    assert said.startswith("Error: notes.txt") and said.count("Error") == 1 and "Traceback" not in said
    assert digest() == before


def test_what_cannot_be_animated_says_so(add_mesh) -> None:
    add_mesh("Face")
    with pytest.raises(RuntimeError, match="Select a mesh that has face shapes"):
        bpy.ops.facsimile.apply_performance("INVOKE_DEFAULT", filepath="take.csv")


def test_the_3d_view_takes_captures_when_a_mesh_is_selected(add_mesh) -> None:
    assert HANDLER.bl_import_operator == "facsimile.apply_performance"
    assert set(HANDLER.bl_file_extensions.split(";")) == {".csv", ".txt", ".npz"}
    window = bpy.context.window_manager.windows[0]
    areas = {area.type: area for area in window.screen.areas}
    with bpy.context.temp_override(window=window, area=areas["VIEW_3D"]):
        assert not FACSIMILE_FH_capture.poll_drop(bpy.context)
        add_mesh("Face")
        assert FACSIMILE_FH_capture.poll_drop(bpy.context)
    with bpy.context.temp_override(window=window, area=areas["OUTLINER"]):
        assert not FACSIMILE_FH_capture.poll_drop(bpy.context)
