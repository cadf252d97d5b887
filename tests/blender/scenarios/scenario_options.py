"""Roles, regions, names, strengths and drivers: from the panel to the request, and from the answer to the keys."""

import json

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.names import NameMap, preset_folder, read_names
from bl_ext.user_default.facsimile.addon.options import BuildOptions
from bl_ext.user_default.facsimile.addon.reviewing import restore, review_order, show_shape, shown_state
from bl_ext.user_default.facsimile.addon.scene_read import read_head
from bl_ext.user_default.facsimile.addon.session import SESSION, shapes_request
from bl_ext.user_default.facsimile.backend.errors import Refusal
from bl_ext.user_default.facsimile.backend.performance import performance, write_npz

PART = "jawOpen"


@pytest.fixture(autouse=True)
def fresh_backend():
    yield
    SESSION.forget()
    SESSION.queue.stop()


def shown(item: bpy.types.Object) -> np.ndarray:
    """(n, 3) where the vertices are with all keys at their values."""
    mesh = item.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    return np.array([vertex.co for vertex in mesh.vertices])


def test_what_the_user_says_is_sent(add_mesh) -> None:
    face, eyes = add_mesh("Face"), add_mesh("Eyes", 4, 1)
    params, arrays = shapes_request(read_head([face, eyes]), BuildOptions())
    assert (params["roles"], params["front"], params["seals"]) == (["", ""], "", True)
    assert "region" not in arrays
    eyes.data.facsimile.role = "EYES"
    group = face.vertex_groups.new(name="Head")
    group.add([0, 1], 1.0, "REPLACE")
    group.add([2], 0.25, "REPLACE")
    face.data.facsimile.region = "Head"
    params, arrays = shapes_request(read_head([face, eyes]), BuildOptions(front="-Y", seals=False))
    assert (params["roles"], params["front"], params["seals"]) == (["eyes", ""], "+z", False)
    assert arrays["region"][:16].tolist() == [1.0] * 16
    assert arrays["region"][16:20].tolist() == [1.0, 1.0, 0.25, 0.0]
    fronts = [shapes_request(read_head([face]), BuildOptions(front=axis))[0]["front"] for axis in ("+X", "+Z", "+Y")]
    assert fronts == ["+x", "+y", "-z"]
    face.data.facsimile.region = "Nowhere"
    with pytest.raises(Refusal, match="no vertex group"):
        read_head([face])


def test_what_was_recognised_stays_with_the_mesh(add_mesh) -> None:
    face, eyes = add_mesh("Face"), add_mesh("Eyes", 4, 1)
    bpy.ops.facsimile.build_shapes()
    assert (eyes.data.facsimile.recognised, face.data.facsimile.recognised) == ("skin", "eye left")


def test_names_of_ones_own(add_mesh, tmp_path) -> None:
    face = add_mesh("Face")
    file = tmp_path / "studio.json"
    file.write_text(json.dumps({"jawOpen": "Kiefer auf", "browInnerUp": "Brauen"}), encoding="utf-8")
    bpy.ops.facsimile.add_names(filepath=str(file))
    settings = bpy.context.scene.facsimile
    assert (settings.names, settings.name_map) == ("custom", "studio")
    assert (preset_folder() / "studio.json").is_file()
    bpy.ops.facsimile.build_shapes(names="custom", name_map="studio", correctives=True)
    assert list(face.data.shape_keys.key_blocks.keys()) == [
        "Basis",
        "Kiefer auf",
        "Brauen",
        "tongueOut",
        "Kiefer auf_Brauen_corrective",
    ]
    clip = tmp_path / "clip.npz"
    write_npz(clip, performance(("jawOpen",), np.array([[0.25]], np.float32), 24.0))
    assert bpy.ops.facsimile.apply_performance(filepath=str(clip)) == {"FINISHED"}
    bpy.context.scene.frame_set(1)
    assert face.data.shape_keys.key_blocks["Kiefer auf"].value == pytest.approx(0.25)
    bpy.ops.facsimile.remove_names()
    assert settings.name_map == ""
    with pytest.raises(RuntimeError, match='There is no name map "studio"'):
        bpy.ops.facsimile.build_shapes(names="custom", name_map="studio")


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"jawOpen": 3}', '{"jawOpn": "a"}', '{"jawOpen": ""}', '{"jawOpen": "mouthClose"}']
)
def test_maps_that_are_none_are_refused(content: str, tmp_path) -> None:
    file = tmp_path / "map.json"
    file.write_text(content)
    with pytest.raises(Refusal):
        read_names(file)


def test_a_map_of_icts_names(tmp_path) -> None:
    file = tmp_path / "map.json"
    file.write_text('{"browInnerUp_L": "a"}')
    assert read_names(file) == NameMap("ict", {"browInnerUp_L": "a"})


def test_strengths_act_on_their_regions_alone(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    full = {name: points_of(face, name) - points_of(face, "Basis") for name in ("jawOpen", "browInnerUp")}
    bpy.ops.facsimile.build_shapes(mouth=1.5, eyes=0.0)
    half = {name: points_of(face, name) - points_of(face, "Basis") for name in full}
    assert np.allclose(half["jawOpen"], 1.5 * full["jawOpen"], atol=1e-6)
    assert np.allclose(half["browInnerUp"], full["browInnerUp"], atol=1e-6)


def test_what_was_written_is_written_otherwise_without_the_backend(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    SESSION.queue.stop()
    bpy.ops.facsimile.write_shapes(mouth=0.5)
    assert np.abs(points_of(face, "jawOpen") - points_of(face, "Basis")).max() == pytest.approx(0.05, abs=1e-6)
    assert not SESSION.queue.running


def test_parts_follow_the_head(add_mesh) -> None:
    face, teeth = add_mesh("Face", 8), add_mesh("Teeth", 4, 1)
    bpy.ops.facsimile.build_shapes(link_parts=True)
    bpy.ops.facsimile.build_shapes(link_parts=True)
    assert face.data.shape_keys.animation_data is None
    drivers = teeth.data.shape_keys.animation_data.drivers
    assert len(drivers) == len(teeth.data.shape_keys.key_blocks) - 1
    face.data.shape_keys.key_blocks[PART].value = 0.75
    bpy.context.view_layer.update()
    evaluated = teeth.evaluated_get(bpy.context.evaluated_depsgraph_get())
    assert evaluated.data.shape_keys.key_blocks[PART].value == pytest.approx(0.75)


def test_a_review_shows_the_weak_ones_first_and_restores(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    blocks = face.data.shape_keys.key_blocks
    blocks["browInnerUp"].value = 0.5
    blocks["browInnerUp"].mute = True
    names = review_order([face])
    assert names[0] == "tongueOut"
    assert set(names) == {"tongueOut", "jawOpen", "browInnerUp"}
    face.active_shape_key_index = 2
    before = shown_state([face])
    show_shape([face], "jawOpen")
    bpy.context.view_layer.update()
    assert np.allclose(shown(face), points_of(face, "jawOpen"), atol=1e-6)
    restore(before)
    assert (face.show_only_shape_key, face.active_shape_key_index) == (False, 2)
    assert blocks["browInnerUp"].value == 0.5
