"""Runs inside a real Blender with a window: all that a user of ours does, from the installation to the end of Blender.

blender --factory-startup --enable-event-simulate --python walk.py -- ZIP HEAD CAPTURE WHEELS FOLDER

WHEELS is an offline folder for set-up. Writes FOLDER/report.json and the pictures that the manual shows. Paths in these
lie below a throw-away home.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

import window
from window import (
    area,
    choose_file,
    click,
    find,
    in_view,
    keys,
    leave_buttons,
    picture,
    press,
    region,
    settle,
    show_tab,
    tap,
    until,
    wait,
)

ZIP, HEAD, CAPTURE, WHEELS, FOLDER = map(Path, sys.argv[sys.argv.index("--") + 1 :][:5])
NAME = "bl_ext.user_default.facsimile"
PATIENCE = 400.0
OPTIONS_ABOVE, CORRECTIONS_ABOVE = 28, 100
"""Pixels from where the build button is found, just below its upper edge, to the headers of closed panels above it."""
PERFORMANCE_BELOW, BAKE_BELOW = 36, 286
"""And from the button of the thumbnails to the header of the panel below it, and to the last button of that."""

report: dict[str, object] = {}


def part(name: str):
    """A module of the extension."""
    return sys.modules[f"{NAME}.{name}"]


def sidebar(name: str, height: int = 0) -> None:
    picture(FOLDER / f"{name}.png", region("UI"), height)


def preferences(name: str, height: int = 0) -> None:
    picture(FOLDER / f"{name}.png", area("PREFERENCES"), height)


def select(*objects: bpy.types.Object) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    for item in objects:
        item.select_set(True)
        bpy.context.view_layer.objects.active = item
    bpy.ops.ed.undo_push(message="Select")


def script() -> Iterator[None]:
    """What a user does, in order."""
    yield from wait(1.0)
    yield from install()
    yield from set_up()
    yield from build()
    yield from in_german()
    yield from look()
    yield from undo_and_reopen()
    yield from animate()
    yield from draw_thumbnails()
    yield from remove()
    yield from refuse()
    report["backend"] = part("addon.session").SESSION.queue._client.pid


def install() -> Iterator[None]:
    """Get Extensions > Install from Disk, from the menu beside the search to its file dialog, which takes the place of
    the preferences."""
    bpy.context.preferences.view.filebrowser_display_type = "SCREEN"
    area().type = "PREFERENCES"
    bpy.context.preferences.active_section = "EXTENSIONS"
    yield from settle()
    place = region("WINDOW", "PREFERENCES")
    x, y = place.x + place.width - 24, place.y + place.height - 22
    yield from click(x, y)
    yield from wait(0.5)
    # The last entry of the menu.
    for key in ("UP_ARROW", "RET"):
        yield from tap(key, x, y)
    yield from until(lambda: any(one.type == "FILE_BROWSER" for one in window.window().screen.areas), 10, "The dialog")
    yield from wait(1.0)
    yield from choose_file(ZIP)
    yield from until(lambda: NAME in bpy.context.preferences.addons, 60, "Installing")
    yield from wait(0.5)
    area("PREFERENCES").type = "VIEW_3D"
    yield
    report["enabled"] = NAME in bpy.context.preferences.addons
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    yield from show_tab("Facsimile")
    yield from settle()
    sidebar("not-set-up", 300)


def set_up() -> Iterator[None]:
    """In the preferences, which take the place of the view; a window of their own would have no place to click."""
    area().type = "PREFERENCES"
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "Facsimile"
    bpy.ops.preferences.addon_expand(module=NAME)
    yield from settle()
    preferences("online-access-off", 600)
    own = bpy.context.preferences.addons[NAME].preferences
    downloads, wheels = Path.home() / "Downloads", Path.home() / "wheels"
    downloads.mkdir(parents=True)
    shutil.copytree(WHEELS, wheels)
    for folder, name in ((downloads, "wheels-missing"), (wheels, "before-set-up")):
        own.offline_folder = str(folder)
        area("PREFERENCES").tag_redraw()
        yield from settle()
        preferences(name, 600)
    yield from press("facsimile.set_up_backend", "WINDOW", "PREFERENCES")
    state = part("addon.setting_up").SETTING_UP
    yield from until(lambda: state.running, 20, "The start of set-up")
    yield from until(lambda: not state.running or state.worker.fraction > 0.05, 60, "uv")
    yield from settle()
    preferences("setting-up", 600)
    yield from until(lambda: not state.running, PATIENCE, "Set-up")
    yield from wait(1.0)
    report["set_up"] = str(state.refusal or "")
    report["uv_said"] = list(state.worker.log)
    report["environments"] = [str(path) for path in Path(os.environ["FACSIMILE_HOME"]).glob("e/*/facsimile.json")]
    preferences("set-up", 680)
    area("PREFERENCES").type = "VIEW_3D"
    yield from wait(0.5)


def build() -> Iterator[None]:
    bpy.ops.wm.obj_import(filepath=str(HEAD))
    select()
    yield from show_tab("Facsimile")
    yield from settle()
    sidebar("nothing-selected", 300)
    select(*(item for item in bpy.data.objects if item.type == "MESH"))
    with in_view():
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    yield from settle()
    picture(FOLDER / "selected.png", area())
    for name, above in (("options", OPTIONS_ABOVE), ("corrections", CORRECTIONS_ABOVE)):
        window.clicked.append(window.TOP)
        x, y = yield from find("facsimile.build_shapes")
        yield from click(x, y + above)
        yield from settle()
        sidebar(name)
        _, lower = yield from find("facsimile.build_shapes")
        report[f"{name}_opened"] = y - lower
        yield from click(x, y + above)
        yield from wait(0.8)
    session = part("addon.session").SESSION
    yield from press("facsimile.build_shapes")
    yield from until(lambda: session.phase == "running" and session.fraction > 0.1, 120, "The start of the job")
    sidebar("running", 420)
    yield from until(lambda: session.phase != "running", PATIENCE, "The job")
    yield from wait(1.0)
    report["phase"], report["refusal"] = str(session.phase), str(session.refusal or "")
    report["confidence"] = session.outcome.confidence if session.outcome else 0.0
    report["built"] = keys()
    yield from settle()
    sidebar("built")


def in_german() -> Iterator[None]:
    """The same panels in another language; the manual does not show them."""
    before = yield from window.speak("de_DE")
    sidebar("german-built")
    for opened in ("options", "corrections"):
        above = OPTIONS_ABOVE if opened == "options" else CORRECTIONS_ABOVE
        window.clicked.append(window.TOP)
        x, y = yield from find("facsimile.build_shapes")
        yield from click(x, y + above)
        yield from settle()
        sidebar(f"german-{opened}")
        yield from click(x, y + above)
        yield from wait(0.8)
    area().type = "PREFERENCES"
    yield from settle()
    preferences("german-preferences", 680)
    area("PREFERENCES").type = "VIEW_3D"
    yield from window.speak(before)


def look() -> Iterator[None]:
    """Review, with Escape in the middle."""
    face = keyed_face()
    report["values"] = [block.value for block in face.data.shape_keys.key_blocks]
    yield from press("facsimile.review")
    place = region("WINDOW")
    x, y = place.x + place.width // 3, place.y + place.height // 3
    # The last shapes of a review are the strongest.
    yield from tap("LEFT_ARROW", x, y)
    yield from until(lambda: face.show_only_shape_key, 10, "The review")
    yield from wait(3.0)
    report["reviewed"] = face.active_shape_key.name
    yield from settle()
    picture(FOLDER / "review.png", area())
    yield from tap("ESC", x, y)
    report["after_review"] = [face.show_only_shape_key, face.active_shape_key_index]


def undo_and_reopen() -> Iterator[None]:
    with in_view():
        bpy.ops.ed.undo()
    yield from wait(0.5)
    report["undone"] = keys()
    yield from settle()
    sidebar("undone")
    with in_view():
        bpy.ops.ed.redo()
    yield from wait(0.5)
    report["redone"] = keys()
    path = str(FOLDER / "walk.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    yield from wait(0.5)
    bpy.ops.wm.open_mainfile(filepath=path)
    yield from wait(1.0)
    report["reopened"] = keys()
    yield from show_tab("Facsimile")
    select(*(item for item in bpy.data.objects if item.type == "MESH"))
    yield from settle()
    sidebar("reopened")


def keyed_face() -> bpy.types.Object:
    """The mesh with the most keys."""
    return max(bpy.data.objects, key=lambda item: len(item.data.shape_keys.key_blocks) if item.data.shape_keys else 0)


def toggle_shapes() -> Iterator[None]:
    """Shut or open the uppermost panel, by a click on its header."""
    place = region("UI")
    yield from click(place.x + place.width // 3, place.y + place.height - 16)
    window.clicked.append(window.TOP)
    yield from settle()


def animate() -> Iterator[None]:
    """In the panel of performances, with the one above it shut."""
    yield from toggle_shapes()
    x, y = yield from find("facsimile.draw_thumbnails")
    yield from click(x, y - PERFORMANCE_BELOW)
    bpy.context.scene.facsimile_performance.filepath = shutil.copy(CAPTURE, Path.home())
    yield from settle()
    window.clicked.append(y - BAKE_BELOW)
    yield from press("facsimile.apply_performance")
    yield from wait(0.5)
    bpy.context.scene.frame_set(12)
    yield from wait(0.5)
    report["jaw"] = keyed_face().data.shape_keys.key_blocks["jawOpen"].value
    with in_view():
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    yield from leave_buttons()
    picture(FOLDER / "performance.png", area())
    before = yield from window.speak("de_DE")
    sidebar("german-performance")
    yield from window.speak(before)
    yield from click(x, y - PERFORMANCE_BELOW)


def draw_thumbnails() -> Iterator[None]:
    thumbnails = part("addon.thumbnails").THUMBNAILS
    yield from press("facsimile.draw_thumbnails")
    yield from until(lambda: not thumbnails.running, PATIENCE, "The thumbnails")
    yield from wait(1.0)
    report["thumbnails"] = list(thumbnails.icons)
    yield from leave_buttons()
    sidebar("thumbnails")


def remove() -> Iterator[None]:
    yield from toggle_shapes()
    yield from press("facsimile.remove_shapes")
    yield from wait(1.0)
    report["removed"] = keys()
    yield from settle()
    sidebar("removed")


def refuse() -> Iterator[None]:
    """A cube has no face."""
    with in_view():
        bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    select(cube)
    yield from wait(0.8)
    session = part("addon.session").SESSION
    yield from press("facsimile.build_shapes")
    yield from until(lambda: session.phase == "failed", PATIENCE, "The refusal")
    yield from wait(1.0)
    report["refused"] = str(session.refusal)
    yield from leave_buttons()
    sidebar("refused", 520)


window.play(script(), report, FOLDER)
