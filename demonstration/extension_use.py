"""The extension as a user has it: installed from its zip, run by its operators."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import bpy

MODULE = "bl_ext.user_default.facsimile"


def install(extension: Path) -> None:
    """Install and enable the zip. Exits with a sentence where Blender cannot."""
    bpy.ops.extensions.package_install_files(filepath=str(extension), repo="user_default", enable_on_install=True)
    if MODULE not in bpy.context.preferences.addons:
        sys.exit(f"Blender could not install {extension}; its reasons are above.")


def build_shapes(objects: Sequence[bpy.types.Object]) -> tuple[float, tuple[str, ...]]:
    """Press Build Face Shapes with the objects selected. Returns the confidence and its reasons; exits with the
    extension's sentence where it refuses."""
    select(objects)
    try:
        bpy.ops.facsimile.build_shapes()
    except RuntimeError as error:
        sys.exit(str(error))
    outcome = importlib.import_module(f"{MODULE}.addon.session").SESSION.outcome
    return outcome.confidence, outcome.reasons


def apply_performance(objects: Sequence[bpy.types.Object], performance: Path) -> None:
    """Press Bake Performance with the objects selected."""
    select(objects)
    bpy.ops.facsimile.apply_performance(filepath=str(performance))


def select(objects: Sequence[bpy.types.Object]) -> None:
    """Select these objects alone; the first becomes active."""
    for item in bpy.context.view_layer.objects:
        item.select_set(item in objects)
    bpy.context.view_layer.objects.active = objects[0]
