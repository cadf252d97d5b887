"""Switching the extension on and off, again and again."""

import statistics
import threading
import time

import bpy
from bl_ext.user_default import facsimile
from bl_ext.user_default.facsimile.addon import registration
from bl_ext.user_default.facsimile.addon.options import BuildOptions, WriteOptions
from bl_ext.user_default.facsimile.addon.scene_read import read_head
from bl_ext.user_default.facsimile.addon.session import SESSION, Phase
from bl_ext.user_default.facsimile.operators.backend import await_hello

from tests.running import runs

NAME = "bl_ext.user_default.facsimile"


def traces() -> dict[str, object]:
    """Everything in which a forgotten registration would show."""
    return {
        "types": sorted(name for name in dir(bpy.types) if "facsimile" in name.lower()),
        "handlers": {
            name: len(value)
            for name in dir(bpy.app.handlers)
            if isinstance(value := getattr(bpy.app.handlers, name), list)
        },
        "properties": {
            name: sorted(getattr(bpy.types, name).bl_rna.properties.keys())
            for name in ("Scene", "WindowManager", "Object", "Mesh", "Key", "ShapeKey", "Action", "Preferences")
        },
        "drawn": {
            name: len(functions)
            for name in dir(bpy.types)
            if (functions := getattr(getattr(getattr(bpy.types, name), "draw", None), "_draw_funcs", None))
        },
        "keymaps": {
            keymap.name: len(keymap.keymap_items) for keymap in bpy.context.window_manager.keyconfigs.addon.keymaps
        },
        "operators": sorted(name for name in dir(bpy.ops.facsimile)),
        "handles": len(registration.command_line.HANDLES),
        "timers": bpy.app.timers.is_registered(await_hello),
        "threads": sorted(thread.name for thread in threading.enumerate()),
    }


def test_a_hundred_cycles_leave_nothing_and_take_less_than_50_ms_each() -> None:
    on = traces()
    bpy.ops.preferences.addon_disable(module=NAME)
    off = traces()
    assert off["types"] == [] and off["operators"] == [] and off["handles"] == 0
    assert not any("facsimile" in name for names in off["properties"].values() for name in names)
    seconds = []
    for _ in range(100):
        # The processor's time: on a busy machine the clock measures the others.
        started = time.process_time()
        facsimile.register()
        seconds.append(time.process_time() - started)
        facsimile.unregister()
    assert traces() == off
    for _ in range(10):
        bpy.ops.preferences.addon_enable(module=NAME)
        bpy.ops.preferences.addon_disable(module=NAME)
    assert traces() == off
    bpy.ops.preferences.addon_enable(module=NAME)
    assert traces() == on
    print(f"registered in {1000 * statistics.median(seconds):.1f} ms")
    assert statistics.median(seconds) < 0.05


def test_what_runs_ends_when_it_is_switched_off(add_mesh, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_BACKEND", "hang")
    face = add_mesh("Face")
    off = traces()
    for _ in range(3):
        assert bpy.ops.facsimile.start_backend() == {"FINISHED"}
        assert bpy.app.timers.is_registered(await_hello)
        task = SESSION.begin(read_head([face]), BuildOptions(), WriteOptions())
        pid = SESSION.queue._client.pid
        bpy.ops.preferences.addon_disable(module=NAME)
        assert not bpy.app.timers.is_registered(await_hello)
        assert not runs(pid) and task.job.final
        bpy.ops.preferences.addon_enable(module=NAME)
        assert SESSION.phase is Phase.IDLE
    assert traces() == off
    assert face.data.shape_keys is None


def test_nothing_waits_for_a_backend_that_was_stopped_while_it_started() -> None:
    assert bpy.ops.facsimile.start_backend() == {"FINISHED"}
    assert bpy.ops.facsimile.stop_backend() == {"FINISHED"}
    assert await_hello() is None


CHANGES_DATA = (
    *("write_shapes", "remove_shapes", "mirror_changes"),
    *("apply_performance", "write_take", "write_retargeted", "load_mapping", "show_residual"),
)


def test_what_changes_data_can_be_undone_and_what_waits_for_the_backend_makes_no_step_of_its_own() -> None:
    options = {cls.bl_idname: cls.bl_options for cls in registration.CLASSES if issubclass(cls, bpy.types.Operator)}
    assert all("UNDO" in options[f"facsimile.{name}"] for name in CHANGES_DATA)
    assert not any("UNDO" in options[f"facsimile.{name}"] for name in ("build_shapes", "clone", "retarget"))


def test_every_operator_and_property_explains_itself() -> None:
    for cls in registration.CLASSES:
        assert cls.__doc__
        assert not (issubclass(cls, bpy.types.Operator) and cls.__doc__.endswith("."))
        for prop in cls.bl_rna.properties:
            if prop.identifier in cls.__annotations__ and not prop.is_hidden:
                assert prop.description, (cls, prop.identifier)
                assert not prop.description.endswith(".")


def test_no_two_operators_that_are_found_by_search_have_one_name() -> None:
    found = [
        cls.bl_label
        for cls in registration.CLASSES
        if issubclass(cls, bpy.types.Operator) and "INTERNAL" not in cls.bl_options
    ]
    assert len(found) > 10
    assert not {name for name in found if found.count(name) > 1}
