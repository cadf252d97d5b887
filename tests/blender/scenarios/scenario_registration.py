"""Switching the extension on and off, again and again."""

import gc
import time

import bpy
from bl_ext.user_default import facsimile
from bl_ext.user_default.facsimile.addon import registration


def traces() -> dict[str, object]:
    """Everything in which a forgotten registration would show."""
    return {
        "types": sorted(name for name in dir(bpy.types) if "facsimile" in name.lower()),
        "handlers": {
            name: len(value)
            for name in dir(bpy.app.handlers)
            if isinstance(value := getattr(bpy.app.handlers, name), list)
        },
        "scene": hasattr(bpy.types.Scene, "facsimile"),
        "operators": sorted(name for name in dir(bpy.ops.facsimile)),
        "handles": len(registration.command_line.HANDLES),
    }


def test_a_hundred_cycles_leave_nothing() -> None:
    on = traces()
    facsimile.unregister()
    off = traces()
    assert off["types"] == []
    assert not off["scene"]
    assert off["operators"] == []
    started = time.perf_counter()
    for _ in range(100):
        facsimile.register()
        facsimile.unregister()
    cycle = (time.perf_counter() - started) / 100
    assert traces() == off
    facsimile.register()
    assert traces() == on
    gc.collect()
    assert cycle < 0.05


def test_registering_takes_less_than_50_ms() -> None:
    facsimile.unregister()
    started = time.perf_counter()
    facsimile.register()
    assert time.perf_counter() - started < 0.05


def test_every_operator_and_property_explains_itself() -> None:
    for cls in registration.CLASSES:
        assert cls.__doc__
        assert not (issubclass(cls, bpy.types.Operator) and cls.__doc__.endswith("."))
        for prop in cls.bl_rna.properties:
            if prop.identifier in cls.__annotations__ and not prop.is_hidden:
                assert prop.description, (cls, prop.identifier)
                assert not prop.description.endswith(".")
