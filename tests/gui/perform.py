"""Runs inside a real Blender with a window: a capture onto a keyed head, previewed, baked, undone, redone; then cloned.

blender --factory-startup --enable-event-simulate --python perform.py -- ZIP CHARACTER.blend CAPTURE FOLDER

Writes FOLDER/report.json and a picture of the window for every stage.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

import window
from window import in_view, press, show_tab, until, wait

ZIP, CHARACTER, CAPTURE, FOLDER = sys.argv[sys.argv.index("--") + 1 :][:4]
EXTENSION = "bl_ext.user_default.facsimile"

report: dict[str, object] = {}


def picture(name: str) -> None:
    window.picture(Path(FOLDER) / f"{name}.png")


def open_panel() -> None:
    """Have the performance panel open and the others shut: there is no other way to open one from a script."""
    for module, name, options in (
        ("panel", "FACSIMILE_PT_shapes", {"DEFAULT_CLOSED"}),
        ("performance_panel", "FACSIMILE_PT_performance", set()),
    ):
        cls = getattr(sys.modules[f"{EXTENSION}.addon.{module}"], name)
        bpy.utils.unregister_class(cls)
        cls.bl_options = options
        bpy.utils.register_class(cls)


def head() -> bpy.types.Object:
    return bpy.data.objects["head"]


def jaw() -> bpy.types.ShapeKey:
    return next(block for block in head().data.shape_keys.key_blocks if block.name.endswith("jawOpen"))


def curves() -> int:
    keys = head().data.shape_keys
    return len(sys.modules[f"{EXTENSION}.addon.blender_version"].curves_of(keys))


def performing():
    return sys.modules[f"{EXTENSION}.addon.performing"].PERFORMING


def watch_reading() -> None:
    """Has the report say which files are read in a thread."""
    reading = sys.modules[f"{EXTENSION}.addon.reading"]
    begin, seen = reading.begin_reading, report.setdefault("reading", [])

    def noted(path: Path) -> object:
        begun = begin(path)
        if begun is not None:
            seen.append(path.name)
        return begun

    reading.begin_reading = noted


def undo() -> None:
    with in_view():
        bpy.ops.ed.undo()


def script() -> Iterator[None]:
    """What a user does, in order."""
    yield from wait(1.0)
    with in_view():
        bpy.ops.extensions.package_install_files(filepath=ZIP, repo="user_default", enable_on_install=True)
    yield
    bpy.ops.wm.open_mainfile(filepath=CHARACTER, load_ui=False)
    yield from wait(1.0)
    open_panel()
    face = head()
    if face.data.shape_keys.animation_data is not None:
        face.data.shape_keys.animation_data_clear()
    bpy.ops.object.select_all(action="DESELECT")
    bpy.context.scene.render.fps = 30
    bpy.context.scene.frame_end = 400
    yield from show_tab("Facsimile")
    picture("1-nothing-selected")
    face.select_set(True)
    bpy.context.view_layer.objects.active = face
    with in_view():
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    bpy.ops.ed.undo_push(message="Select")
    settings = bpy.context.scene.facsimile_performance
    settings.filepath = CAPTURE
    bpy.ops.ed.undo_push(message="File")
    yield from wait(1.0)
    picture("2-file-chosen")

    settings.preview_frame = 395
    yield from press("facsimile.preview_performance")
    yield from wait(0.7)
    report["jaw_previewed"] = jaw().value
    picture("3-preview")
    settings.strength_mouth = 0.25
    yield from wait(0.7)
    report["jaw_weaker"] = jaw().value
    picture("4-preview-weaker")
    settings.strength_mouth = 1.0
    yield from press("facsimile.preview_performance")
    yield from wait(0.5)
    report["jaw_left"] = jaw().value

    yield from press("facsimile.apply_performance")
    yield from wait(1.0)
    report["curves"] = curves()
    report["told"] = list(performing().told)
    bpy.context.scene.frame_set(395)
    yield from wait(0.7)
    report["jaw_baked"] = jaw().value
    picture("5-baked")
    undo()
    yield from wait(0.7)
    report["curves_undone"] = curves()
    report["told_undone"] = list(performing().told)
    with in_view():
        bpy.ops.ed.redo()
    yield from wait(0.7)
    report["curves_redone"] = curves()
    picture("6-redone")

    twin = head().copy()
    twin.name = "Actor"
    twin.data = head().data.copy()
    bpy.context.collection.objects.link(twin)
    twin.location.x += 1.5 * head().dimensions.x
    head().data.shape_keys.animation_data_clear()
    twin.select_set(False)
    settings = bpy.context.scene.facsimile_performance
    settings.source, settings.source_object = "KEYS", twin
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 380, 395
    with in_view():
        bpy.ops.view3d.view_all()
    bpy.ops.ed.undo_push(message="Actor")
    yield from wait(0.7)
    picture("7-source-of-keys")
    yield from press("facsimile.clone")
    yield from until(lambda: performing().step is None and performing().take is not None, 60, "Cloning")
    yield from wait(0.7)
    report["curves_cloned"] = curves()
    report["told_cloned"] = list(performing().told)
    report["frame_after"] = bpy.context.scene.frame_current
    picture("8-cloned")
    undo()
    yield from wait(0.5)
    report["curves_clone_undone"] = curves()
    settings = bpy.context.scene.facsimile_performance
    settings.source = "FILE"
    settings.filepath = str(Path(CAPTURE).with_name("broken.csv"))
    yield from wait(0.5)
    yield from press("facsimile.apply_performance")
    yield from wait(0.7)
    report["refusal"] = str(performing().refusal)
    picture("9-refused")
    yield from window.leave_buttons()

    settings = bpy.context.scene.facsimile_performance
    settings.source, settings.source_object = "MESH", bpy.data.objects["Actor"]
    yield from wait(0.5)
    yield from press("facsimile.clone")
    yield from until(lambda: performing().step is not None and performing().step.fraction > 0, 60, "Starting")
    yield from wait(0.5)
    picture("10-running")
    yield from press("facsimile.cancel_clone")
    yield from until(lambda: performing().step is None, 30, "Cancelling")
    yield from wait(0.5)
    report["after_cancel"] = [bpy.context.scene.frame_current, curves(), str(performing().refusal)]
    picture("11-cancelled")

    bpy.context.preferences.view.filebrowser_display_type = "SCREEN"
    watch_reading()
    with in_view():
        bpy.ops.facsimile.apply_performance("INVOKE_DEFAULT")
    yield from wait(1.5)
    window.area("FILE_BROWSER").spaces.active.active_operator.strength_mouth = 0.5
    yield from wait(0.5)
    picture("12-browser")
    yield from window.choose_file(Path(CAPTURE).with_name("large.csv"))
    yield from until(lambda: curves() and performing().step is None, 60, "Reading")
    yield from wait(0.7)
    report["told_browsed"] = list(performing().told)
    report["curves_browsed"] = curves()
    bpy.context.scene.frame_set(395)
    report["jaw_browsed"] = jaw().value
    picture("13-browsed")
    undo()
    yield from wait(0.5)
    report["curves_browsed_undone"] = curves()


window.play(script(), report, Path(FOLDER))
