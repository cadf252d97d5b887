"""Runs inside a real Blender with a window: points of a photograph are dragged, taken back, and the head fitted again.

blender --factory-startup --enable-event-simulate --python correct_points.py -- ZIP PHOTO FOLDER

Writes FOLDER/report.json and pictures of the window and of the panel.
"""

import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

import window
from window import in_view, point_at, press, region, settle, show_tab, tap, until, wait

ZIP, PHOTO, FOLDER = map(Path, sys.argv[sys.argv.index("--") + 1 :][:3])
EXTENSION = "bl_ext.user_default.facsimile"
CORNER = 61

report: dict[str, object] = {}


def module(name: str):
    return sys.modules[f"{EXTENSION}.{name}"]


def performing():
    return module("addon.performing").PERFORMING


def picture(name: str) -> None:
    window.picture(FOLDER / f"{name}.png")


def head() -> bpy.types.Object:
    return next(item for item in bpy.data.objects if "facsimile_identity" in item)


def view():
    camera = module("addon.fitted_head").cameras_of(head())[0]
    return camera, module("addon.fit_views").read_view(camera)


def on_screen(pixels: np.ndarray) -> tuple[int, int]:
    """Where the window shows a pixel of the photograph."""
    camera, seen = view()
    place = module("addon.photo_in_view").photo_in_view(
        bpy.context.scene, region("WINDOW"), window.area().spaces[0].region_3d, camera, seen.size
    )
    x, y = place.shown(pixels)
    return round(region("WINDOW").x + x), round(region("WINDOW").y + y)


def drag(start: tuple[int, int], end: tuple[int, int], **held: bool) -> Iterator[None]:
    """Press, move in steps, let go."""
    yield from point_at(*start)
    window.window().event_simulate(type="LEFTMOUSE", value="PRESS", x=start[0], y=start[1], **held)
    yield
    for share in (0.3, 0.7, 1.0):
        x, y = (round(a + share * (b - a)) for a, b in zip(start, end, strict=True))
        yield from point_at(x, y)
    yield from settle()
    picture(f"dragging-{len([one for one in FOLDER.iterdir() if one.name.startswith('dragging')])}")
    window.window().event_simulate(type="LEFTMOUSE", value="RELEASE", x=end[0], y=end[1], **held)
    yield from wait(0.3)


def control_z(x: int, y: int) -> Iterator[None]:
    for value in ("PRESS", "RELEASE"):
        window.window().event_simulate(type="Z", value=value, x=x, y=y, ctrl=True)
        yield
    yield from wait(0.3)


def modal():
    """The operator that runs in the window, if one does."""
    return [one.bl_idname for one in window.window().modal_operators]


def points_of() -> list[float]:
    values = np.empty(3 * len(face().data.vertices), np.float32)
    face().data.vertices.foreach_get("co", values)
    return values


def face() -> bpy.types.Object:
    return module("addon.fitted_head").face_of(head())


def near(pixels: np.ndarray) -> float:
    """Pixels of the photograph from a place to the nearest vertex that its camera sees."""
    from bpy_extras.object_utils import world_to_camera_view

    scene, camera = bpy.context.scene, view()[0]
    mesh = face().evaluated_get(bpy.context.evaluated_depsgraph_get())
    places = [world_to_camera_view(scene, camera, mesh.matrix_world @ one.co) for one in mesh.data.vertices]
    size = scene.render.resolution_x, scene.render.resolution_y
    seen = np.array([[place.x * size[0], (1 - place.y) * size[1]] for place in places])
    return float(np.linalg.norm(seen - pixels, axis=1).min())


def find_property(path: str) -> Generator[None, None, tuple[int, int]]:
    """Move over the sidebar until the field under the mouse is the property's. Returns its place."""
    place, manager = region("UI"), bpy.context.window_manager
    for y in range(place.y + place.height - 10, place.y, -7):
        x = place.x + round(0.6 * place.width)
        yield from point_at(x, y)
        manager.clipboard = ""
        with in_view("UI"):
            if bpy.ops.ui.copy_data_path_button.poll():
                bpy.ops.ui.copy_data_path_button()
        if manager.clipboard == path:
            return x, y
    raise RuntimeError(f"There is no field for {path}.")


def script() -> Iterator[None]:
    """What a user does, in order."""
    yield from wait(1.0)
    with in_view():
        bpy.ops.extensions.package_install_files(filepath=str(ZIP), repo="user_default", enable_on_install=True)
    yield
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    bpy.ops.ed.undo_push(message="Delete")
    for name, cls, options in (
        ("panel", "FACSIMILE_PT_shapes", {"DEFAULT_CLOSED"}),
        ("fit_panel", "FACSIMILE_PT_fit", set()),
    ):
        kind = getattr(module(f"addon.{name}"), cls)
        bpy.utils.unregister_class(kind)
        kind.bl_options = options
        bpy.utils.register_class(kind)
    fitted_panel = module("addon.fitted_panel")
    closed = fitted_panel.folded

    def opened(layout, name, title):
        """There is no other way to open what is folded from a script."""
        if name != "facsimile_fitted_shape":
            return closed(layout, name, title)
        header, body = layout.panel(name, default_closed=False)
        header.label(text=title)
        body.use_property_split = True
        return body

    fitted_panel.folded = opened
    kind = fitted_panel.FACSIMILE_PT_fitted
    bpy.utils.unregister_class(kind)
    bpy.utils.register_class(kind)
    yield from show_tab("Facsimile")
    with in_view():
        bpy.ops.facsimile.fit_photo("EXEC_DEFAULT", True, filepath=str(PHOTO), own_options=True)
    yield from settle()
    bpy.context.view_layer.objects.active = head()
    bpy.ops.ed.undo_push(message="Fit")
    with in_view():
        bpy.ops.view3d.view_center_camera()
    yield from settle()
    window.picture(FOLDER / "fitted-head.png", region("UI"))

    found = view()[1].found[CORNER, :2]
    before, code = points_of(), list(head()["facsimile_identity"])
    yield from press("facsimile.correct_points")
    yield from wait(0.5)
    report["runs"] = modal()
    start = on_screen(found)
    yield from point_at(*start)
    yield from settle()
    picture("hovered")
    end = on_screen(found - [24, 0])
    yield from drag(start, end)
    yield from control_z(*end)
    yield from settle()
    picture("taken-back")
    yield from tap("ESC", *end)
    report["left"] = modal()
    space = window.area().spaces[0]
    report["view_after_escape"] = [space.show_object_viewport_mesh, space.shading.show_xray, space.use_local_camera]
    report["kept_after_escape"] = bool(np.array_equal(points_of(), before)) and code == list(
        head()["facsimile_identity"]
    )
    report["corrected_after_escape"] = int(np.isfinite(view()[1].corrections.landmarks).all(1).sum())

    window.clicked.append(window.TOP)
    yield from press("facsimile.correct_points")
    yield from wait(0.5)
    yield from drag(on_screen(found), on_screen(found - [24, 0]))
    low, high = (view()[1].found[number, :2] + move for number, move in ((336, [-6, -20]), (276, [6, 20])))
    yield from drag(on_screen(low), on_screen(high))
    yield from settle()
    window.picture(FOLDER / "correct-points.png", region("WINDOW"))
    yield from tap("RET", *on_screen(found))
    yield from until(lambda: performing().corrected is not None and performing().step is None, 60, "The second fit")
    yield from settle()
    report["told"] = list(performing().told) or str(performing().refusal)
    report["corrected"] = int(np.isfinite(view()[1].corrections.landmarks).all(1).sum())
    report["nearest"] = near(found - [24, 0])
    report["moved"] = float(np.abs(points_of() - before).max())
    picture("fitted-again")
    with in_view():
        bpy.ops.ed.undo()
    yield from wait(0.5)
    report["undone"] = bool(np.allclose(points_of(), before, atol=1e-7))
    report["corrected_undone"] = int(np.isfinite(view()[1].corrections.landmarks).all(1).sum())
    with in_view():
        bpy.ops.ed.redo()
    yield from wait(0.5)
    report["redone"] = float(np.abs(points_of() - before).max())

    bpy.context.view_layer.objects.active = head()
    yield from settle()
    again = points_of()
    x, y = yield from find_property("facsimile_fitted.nose_forward")
    yield from drag((x, y), (x + 120, y))
    yield from until(lambda: np.abs(points_of() - again).max() > 0.002, 20, "The slider")
    yield from settle()
    picture("slider")
    report["slider"] = head().facsimile_fitted.nose_forward
    report["slider_moved"] = float(np.abs(points_of() - again).max())
    shape = module("addon.head_shape").HEAD_SHAPE
    begin = time.perf_counter()
    for step in range(20):
        head().facsimile_fitted.mouth_width = step / 20
    report["slider_seconds"] = (time.perf_counter() - begin) / 20
    head().facsimile_fitted.mouth_width = 0.0
    report["slider_refusal"] = str(shape.refusal)
    with in_view():
        bpy.ops.ed.undo()
    yield from wait(0.5)
    report["slider_undone"] = bool(np.allclose(points_of(), again, atol=1e-6))
    before_language = yield from window.speak("de_DE")
    bpy.context.view_layer.objects.active = head()
    yield from settle()
    picture("german")
    yield from window.speak(before_language)


window.play(script(), report, FOLDER)
