"""Runs inside a real Blender with a window: photographs that a camera noted as turned or mirrored, behind a camera, and
the picture of a fit that goes on.

blender --factory-startup --python orientations.py -- ZIP PHOTOS FOLDER

PHOTOS is a folder with NAME-TURNS-MIRRORED.png files. Writes FOLDER/NAME.png for each.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

import window
from window import in_view, region, settle, wait

ZIP, PHOTOS, FOLDER = map(Path, sys.argv[sys.argv.index("--") + 1 :][:3])
report: dict[str, object] = {"pictures": []}


def module(name: str):
    return __import__(f"bl_ext.user_default.facsimile.addon.{name}", fromlist=["x"])


def show_preview() -> Iterator[None]:
    """What is seen of a fit that goes on, in one colour."""
    bpy.context.scene.camera.data.show_background_images = False
    preview, performing = module("fit_preview"), module("performing").PERFORMING
    performing.step = module("steps").Step(0.5, "", np.full((200, 300, 3), (200, 120, 40), np.uint8))
    preview.FIT_PREVIEW.begin()
    yield from settle()
    yield from wait(0.3)
    window.picture(FOLDER / "preview.png", region("WINDOW"))
    preview.FIT_PREVIEW.end()
    performing.step = None


def script() -> Iterator[None]:
    """Each photograph in turn, seen through the camera."""
    yield from wait(1.0)
    with in_view():
        bpy.ops.extensions.package_install_files(filepath=str(ZIP), repo="user_default", enable_on_install=True)
    yield
    fit_camera = module("fit_camera")
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    lens = np.array([[900.0, 0, 200], [0, 900, 300], [0, 0, 1]])
    fit_camera.match_render(bpy.context.scene, (600, 400))
    camera = fit_camera.make_camera("Eye", np.eye(4), lens, (600, 400))
    bpy.context.scene.camera = camera
    space = window.area().spaces[0]
    space.region_3d.view_perspective = "CAMERA"
    space.overlay.show_floor = space.overlay.show_axis_x = space.overlay.show_axis_y = False
    space.overlay.show_cursor = False
    with in_view():
        bpy.ops.view3d.view_center_camera()
    for path in sorted(PHOTOS.iterdir()):
        name, turns, mirrored = path.stem.split("-")
        camera.data.background_images.clear()
        fit_camera.show_photo(camera, path, int(turns), mirrored == "1")
        yield from settle()
        yield from wait(0.3)
        window.picture(FOLDER / f"{name}.png", region("WINDOW"))
        report["pictures"].append(name)
    yield from show_preview()


window.play(script(), report, FOLDER)
