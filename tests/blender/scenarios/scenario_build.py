"""The operator from a script, with a backend that moves vertices by a known rule or misbehaves."""

import os
import time

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.frame import to_backend
from bl_ext.user_default.facsimile.addon.options import BuildOptions, WriteOptions
from bl_ext.user_default.facsimile.addon.session import SESSION, Phase
from fake_backend import NAMES, rule
from mathutils import Matrix


@pytest.fixture(autouse=True)
def fresh_backend():
    """FAKE_BACKEND is read when the process starts, so each test has its own."""
    yield
    SESSION.forget()
    SESSION.queue.stop()


def expected_world(items: list[bpy.types.Object]) -> np.ndarray:
    """(K, N, 3): the rule's displacements of the items, one after another, in the backend's axes."""
    points = np.array([item.matrix_world @ vertex.co for item in items for vertex in item.data.vertices])
    points -= (points.min(0) + points.max(0)) / 2
    return rule(to_backend(points))


def snapshot() -> dict[str, tuple]:
    """What a refused job may not change."""
    return {
        item.name: (
            [tuple(vertex.co) for vertex in item.data.vertices],
            [key.name for key in item.data.shape_keys.key_blocks] if item.data.shape_keys else None,
            item.data.animation_data,
        )
        for item in bpy.data.objects
    }


def test_one_object_gets_the_keys(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    assert [key.name for key in face.data.shape_keys.key_blocks] == ["Basis", *NAMES]
    for field, name in zip(expected_world([face]), NAMES, strict=True):
        assert np.allclose(to_backend(points_of(face, name) - points_of(face, "Basis")), field, atol=1e-6)
    assert np.abs(points_of(face, "jawOpen") - points_of(face)).max() == pytest.approx(0.1, abs=1e-6)
    assert all(key.value == 0 for key in face.data.shape_keys.key_blocks)


def test_head_eyes_and_teeth_under_any_transform(add_mesh, points_of) -> None:
    eyes, head, teeth = add_mesh("Eyes", 4, 1), add_mesh("Head", 8, 2), add_mesh("Teeth", 5, 3)
    turn = Matrix.Rotation(0.4, 4, "Z")
    head.matrix_world = turn @ Matrix.LocRotScale((0, 0, 1.6), Matrix.Rotation(0.3, 3, "X").to_euler(), (1, 2, 1.5))
    eyes.matrix_world = turn @ Matrix.LocRotScale((0, -0.2, 2.2), None, (-0.2, 0.2, 0.2))
    teeth.matrix_world = turn @ Matrix.LocRotScale((0, 0, 0.9), Matrix.Rotation(3, 3, "Y").to_euler(), (0.3, 0.3, 0.3))
    bpy.context.view_layer.update()
    items = [eyes, head, teeth]
    expected = expected_world(items)
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    assert [key.name for key in head.data.shape_keys.key_blocks] == ["Basis", *NAMES]
    assert [key.name for key in teeth.data.shape_keys.key_blocks] == ["Basis", "jawOpen"]
    assert [key.name for key in eyes.data.shape_keys.key_blocks] == ["Basis", "browInnerUp"]
    first = 0
    for item in items:
        for key in item.data.shape_keys.key_blocks[1:]:
            local = points_of(item, key.name) - points_of(item, "Basis")
            world = to_backend(local @ np.array(item.matrix_world.to_3x3()).T)
            field = expected[NAMES.index(key.name), first : first + len(local)]
            assert np.abs(world - field).max() < 5e-6
        first += len(item.data.vertices)
    assert SESSION.phase is Phase.DONE
    assert SESSION.outcome.confidence == pytest.approx(0.87)
    assert [(row.name, row.role, row.keys) for row in SESSION.outcome.rows] == [
        ("Head", "eye left", "3 new keys"),
        ("Teeth", "other", "1 new key"),
        ("Eyes", "skin", "1 new key"),
    ]


def test_the_names_are_those_asked_for(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes(names="ict")
    assert "jawOpen_ict" in face.data.shape_keys.key_blocks


def test_building_twice_changes_nothing_unless_told_to(add_mesh, points_of) -> None:
    face = add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    face.data.shape_keys.key_blocks["jawOpen"].points[0].co.x = 9
    bpy.ops.facsimile.build_shapes(existing="KEEP")
    assert SESSION.outcome.all_kept
    assert points_of(face, "jawOpen")[0, 0] == 9
    assert len(face.data.shape_keys.key_blocks) == 4
    bpy.ops.facsimile.build_shapes(existing="REPLACE")
    assert points_of(face, "jawOpen")[0, 0] != 9
    assert len(face.data.shape_keys.key_blocks) == 4


def test_a_mesh_of_two_objects_gets_its_keys_once(add_mesh) -> None:
    face = add_mesh("Face")
    bpy.context.collection.objects.link(bpy.data.objects.new("Twin", face.data))
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    assert bpy.data.objects["Twin"].data.shape_keys.key_blocks.keys() == ["Basis", *NAMES]


def test_neither_names_nor_selection_of_others_matter(add_mesh) -> None:
    face = add_mesh("Kopf größe 頭")
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    bpy.context.collection.objects.link(lamp)
    lamp.select_set(True)
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    assert "jawOpen" in face.data.shape_keys.key_blocks


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("die", "The backend stopped .exit status 3..*Press the button again"),
        ("refuse", "No face was found. Select the head."),
        ("lie", "does not fit the selected meshes"),
    ],
)
def test_a_failed_job_is_told_and_leaves_the_scene(behaviour: str, message: str, add_mesh, monkeypatch) -> None:
    add_mesh("Face")
    add_mesh("Eyes", 4, 1)
    before = snapshot()
    monkeypatch.setenv("FAKE_BACKEND", behaviour)
    with pytest.raises(RuntimeError, match=message):
        bpy.ops.facsimile.build_shapes()
    assert snapshot() == before
    assert SESSION.phase is Phase.FAILED
    assert SESSION.refusal.cure
    monkeypatch.delenv("FAKE_BACKEND")
    SESSION.queue.stop()
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    assert "jawOpen" in bpy.data.objects["Face"].data.shape_keys.key_blocks


def test_the_log_tells_why_the_backend_died(add_mesh, monkeypatch) -> None:
    add_mesh("Face")
    monkeypatch.setenv("FAKE_BACKEND", "die")
    with pytest.raises(RuntimeError):
        bpy.ops.facsimile.build_shapes()
    assert "the fake backend dies now" in SESSION.queue.log


def test_the_cache_folder_of_the_preferences_reaches_the_backend(add_mesh, tmp_path) -> None:
    add_mesh("Face")
    chosen = bpy.context.preferences.addons["bl_ext.user_default.facsimile"].preferences
    chosen.cache_folder = str(tmp_path)
    bpy.ops.facsimile.build_shapes()
    chosen.cache_folder = ""
    assert SESSION.queue.hello.models == (str(tmp_path),)
    assert "FACSIMILE_CACHE" not in os.environ


def test_without_a_backend_the_button_says_so(add_mesh, monkeypatch) -> None:
    add_mesh("Face")
    monkeypatch.setenv("FACSIMILE_PYTHON", "/nowhere/python")
    with pytest.raises(RuntimeError, match=r"no program /nowhere/python\. Set it up in the add-on's preferences"):
        bpy.ops.facsimile.build_shapes()


def test_the_reason_stands_at_the_button(add_mesh) -> None:
    with pytest.raises(RuntimeError, match="No mesh is selected"):
        bpy.ops.facsimile.build_shapes()
    face = add_mesh("Face")
    bpy.ops.object.mode_set(mode="EDIT")
    before = snapshot()
    with pytest.raises(RuntimeError, match="Switch to Object Mode"):
        bpy.ops.facsimile.build_shapes()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert snapshot() == before
    face.select_set(False)
    empty = bpy.data.objects.new("Points", bpy.data.meshes.new("Points"))
    bpy.context.collection.objects.link(empty)
    empty.select_set(True)
    with pytest.raises(RuntimeError, match="no faces"):
        bpy.ops.facsimile.build_shapes()
    assert empty.data.shape_keys is None


def test_opening_another_file_ends_the_job(add_mesh, monkeypatch) -> None:
    from bl_ext.user_default.facsimile.addon.scene_read import read_head

    monkeypatch.setenv("FAKE_BACKEND", "hang")
    task = SESSION.begin(read_head([add_mesh("Face")]), BuildOptions(), WriteOptions())
    bpy.ops.wm.read_homefile(use_empty=True)
    assert SESSION.phase is Phase.IDLE
    deadline = time.monotonic() + 3
    while not task.job.final and time.monotonic() < deadline:
        SESSION.queue.poll(0.05)
    assert task.job.final


def test_nothing_of_a_job_is_saved(add_mesh, tmp_path) -> None:
    add_mesh("Face")
    bpy.ops.facsimile.build_shapes()
    bpy.context.scene.facsimile.names = "ict"
    path = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert bpy.context.scene.facsimile.names == "ict"
    assert SESSION.phase is Phase.IDLE
    assert SESSION.outcome is None
    assert not bpy.context.window_manager.keys()
