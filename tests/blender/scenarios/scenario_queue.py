"""Several heads on their way at once: each gets its keys, or its own sentence, and none another's."""

import time

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.options import BuildOptions, WriteOptions
from bl_ext.user_default.facsimile.addon.scene_read import read_head
from bl_ext.user_default.facsimile.addon.session import SESSION, Phase, Task, settle
from bl_ext.user_default.facsimile.backend.errors import Refusal
from bl_ext.user_default.facsimile.operators.build_shapes import status, write_as_one_step
from fake_backend import NAMES


@pytest.fixture(autouse=True)
def backend_stops():
    yield
    SESSION.forget()
    SESSION.queue.stop()


def begin(item: bpy.types.Object) -> Task:
    return SESSION.begin(read_head([item]), BuildOptions(), WriteOptions())


def wait_for(*tasks: Task) -> None:
    end = time.monotonic() + 20
    while not all(task.job.final for task in tasks) and time.monotonic() < end:
        SESSION.queue.poll(0.05)
    assert all(task.job.final for task in tasks)


def keys(item: bpy.types.Object) -> list[str]:
    return item.data.shape_keys.key_blocks.keys() if item.data.shape_keys else []


def test_two_heads_wait_for_each_other_and_get_their_own_keys(add_mesh, points_of) -> None:
    first, second = add_mesh("First", 6, 1), add_mesh("Second", 9, 2)
    tasks = begin(first), begin(second)
    assert SESSION.tasks == list(tasks) and SESSION.builds([first]) and SESSION.builds([second])
    assert SESSION.text(tasks[1]) == "Waiting for its turn"
    assert status().endswith("1 waiting")
    wait_for(*tasks)
    # Both are done before anybody has looked; the second is looked at first.
    assert settle(tasks[1], write_as_one_step) is None
    assert (keys(first), keys(second)) == ([], ["Basis", *NAMES])
    assert SESSION.phase is Phase.RUNNING and SESSION.outcome.rows[0].name == "Second"
    assert settle(tasks[0], write_as_one_step) is None
    assert keys(first) == ["Basis", *NAMES]
    assert SESSION.phase is Phase.DONE and SESSION.outcome.rows[0].name == "First"
    assert status() == ""
    assert np.abs(points_of(first, "jawOpen") - points_of(first, "Basis")).max() == pytest.approx(0.1, abs=1e-6)


def test_the_same_head_is_not_built_twice_at_once(add_mesh) -> None:
    face, eye = add_mesh("Face"), add_mesh("Eye", 4, 1)
    begin(face)
    with pytest.raises(Refusal) as caught:
        SESSION.begin(read_head([eye, face]), BuildOptions(), WriteOptions())
    assert str(caught.value) == "The shapes of these meshes are being built. Wait for them, or cancel."
    with pytest.raises(RuntimeError, match="are being built"):
        bpy.ops.facsimile.build_shapes()
    assert len(SESSION.tasks) == 1 and SESSION.phase is Phase.RUNNING


def test_another_head_is_built_by_the_operator_while_one_is_on_its_way(add_mesh) -> None:
    first = add_mesh("First")
    task = begin(first)
    first.select_set(False)
    second = add_mesh("Second", 8, 1)
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    assert keys(second) == ["Basis", *NAMES] and keys(first) == []
    wait_for(task)
    settle(task, write_as_one_step)
    assert keys(first) == ["Basis", *NAMES]


def test_one_that_waits_is_cancelled_alone(add_mesh, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_BACKEND", "hang")
    tasks = [begin(add_mesh(name, 6, seed)) for seed, name in enumerate("ABC")]
    assert bpy.ops.facsimile.cancel(turn=1) == {"FINISHED"}
    wait_for(tasks[1])
    assert not tasks[0].job.final and not tasks[2].job.final
    settle(tasks[1], write_as_one_step)
    assert SESSION.tasks == [tasks[0], tasks[2]] and SESSION.phase is Phase.RUNNING
    bpy.ops.facsimile.cancel()
    wait_for(tasks[0])
    settle(tasks[0], write_as_one_step)
    assert SESSION.tasks == [tasks[2]]


def test_a_backend_that_dies_fails_all_that_were_on_their_way(add_mesh, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_BACKEND", "die")
    items = [add_mesh(name, 6, seed) for seed, name in enumerate("AB")]
    tasks = [begin(item) for item in items]
    wait_for(*tasks)
    for task in tasks:
        assert "The backend stopped" in settle(task, write_as_one_step).sentence
    assert SESSION.phase is Phase.FAILED and SESSION.refused == {"B"}
    assert not any(map(keys, items))


def test_the_redo_panel_writes_what_was_written_while_another_head_is_built(add_mesh, points_of, monkeypatch) -> None:
    first = add_mesh("First")
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    SESSION.queue.stop()
    monkeypatch.setenv("FAKE_BACKEND", "hang")
    first.select_set(False)
    task = begin(add_mesh("Second", 8, 1))
    assert bpy.ops.facsimile.write_shapes(mouth=0.5) == {"FINISHED"}
    assert np.abs(points_of(first, "jawOpen") - points_of(first, "Basis")).max() == pytest.approx(0.05, abs=1e-6)
    assert SESSION.tasks == [task] and SESSION.phase is Phase.RUNNING
