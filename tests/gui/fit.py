"""Runs inside a real Blender with a window: photographs and a film from the file browser become faces that speak.

blender --factory-startup --enable-event-simulate --python fit.py -- ZIP PHOTO FILM VOICE FOLDER

Writes FOLDER/report.json and pictures of the window and of the panel.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

import window
from window import choose_file, in_view, press, region, settle, show_tab, until, wait

ZIP, PHOTO, FILM, VOICE, FOLDER = map(Path, sys.argv[sys.argv.index("--") + 1 :][:5])
EXTENSION = "bl_ext.user_default.facsimile"

report: dict[str, object] = {}


def picture(name: str) -> None:
    window.picture(FOLDER / f"{name}.png")


def performing():
    return sys.modules[f"{EXTENSION}.addon.performing"].PERFORMING


def open_panels() -> None:
    """Have two panels open and another shut: there is no other way to open one from a script."""
    for module, name, options in (
        ("panel", "FACSIMILE_PT_shapes", {"DEFAULT_CLOSED"}),
        ("fit_panel", "FACSIMILE_PT_fit", set()),
        ("fitted_panel", "FACSIMILE_PT_fitted", {"DEFAULT_CLOSED"}),
        ("speech_panel", "FACSIMILE_PT_speech", set()),
    ):
        cls = getattr(sys.modules[f"{EXTENSION}.addon.{module}"], name)
        bpy.utils.unregister_class(cls)
        cls.bl_options = options
        bpy.utils.register_class(cls)


def fill_view() -> None:
    """Have the camera's frame as large as the view."""
    with in_view():
        bpy.ops.view3d.view_center_camera()


def fit(operator: str, path: Path, name: str) -> Iterator[None]:
    """Press the button, pick the file, wait for the end."""
    yield from press(operator)
    yield from wait(1.5)
    yield from choose_file(path)
    yield from until(lambda: performing().step is not None and performing().step.fraction > 0, 60, "The start")
    seen = []
    while performing().step is not None and not seen:
        seen += [one for one in [performing().step.picture] if one is not None]
        yield
    report[f"{name}_seen"] = [list(one.shape) for one in seen]
    for _ in range(2):
        yield
    picture(f"{name}-running")
    yield from until(lambda: performing().step is None, 120, "The fit")
    yield from wait(0.5)
    report[f"{name}_told"] = list(performing().told) or str(performing().refusal)
    report[f"{name}_objects"] = sorted(item.name for item in bpy.data.objects)
    report[f"{name}_view"] = window.area().spaces[0].region_3d.view_perspective
    fill_view()
    yield from settle()


def cancel_fit() -> Iterator[None]:
    """Give a fit up when its head is seen for the first time."""
    yield from press("facsimile.fit_video")
    yield from wait(1.5)
    yield from choose_file(FILM)
    yield from until(lambda: performing().step is not None and performing().step.picture is not None, 60, "A picture")
    bpy.ops.facsimile.cancel_clone()
    yield from until(lambda: performing().step is None, 30, "The end")
    yield from settle()
    picture("given-up")
    report["given_up"] = [item.name for item in bpy.data.objects]
    window.clicked.append(window.TOP)


def follow_options(face: bpy.types.Object, settings: bpy.types.PropertyGroup) -> Iterator[None]:
    """Live is pressed, an option changes, and it is pressed again."""
    live = sys.modules[f"{EXTENSION}.addon.speech_live"].LIVE
    jaw = face.data.shape_keys.key_blocks["jawOpen"]
    bpy.context.scene.frame_set(30)
    before = jaw.value
    window.clicked.append(window.TOP)
    yield from press("facsimile.speak_live")
    yield from until(lambda: live.spoken is not None, 120, "Speaking live")
    yield from settle()
    plain, first = jaw.value, live.spoken
    settings.jaw = 2.0
    yield from until(lambda: live.spoken is not first, 60, "Speaking live again")
    yield from settle()
    picture("live")
    louder = jaw.value
    settings.jaw = 1.0
    window.clicked.append(window.TOP)
    yield from press("facsimile.speak_live")
    yield from settle()
    report["live"] = [before, plain, louder, jaw.value]


def speak() -> Iterator[None]:
    """The head of the film says something else."""
    face = next(item for item in bpy.data.objects if item.name.endswith(" head"))
    face.select_set(True)
    bpy.context.view_layer.objects.active = face
    settings = bpy.context.scene.facsimile_speech
    settings.filepath, settings.text = shutil.copy(VOICE, Path.home()), "in being comparatively modern"
    settings.mood, settings.happiness = "SET", 0.5
    bpy.ops.ed.undo_push(message="Voice")
    yield from settle()
    yield from follow_options(face, settings)
    window.clicked.append(window.TOP)
    yield from press("facsimile.speak")
    yield from until(lambda: performing().spoken is not None and performing().step is None, 120, "Speaking")
    yield from settle()
    report["speech_told"] = list(performing().told)
    report["markers"] = len(bpy.context.scene.timeline_markers)
    report["texts"] = [text.name for text in bpy.data.texts]
    bpy.context.scene.frame_set(20)
    yield from settle()
    picture("spoken")
    yield from window.leave_buttons()
    window.picture(FOLDER / "speech.png", region("UI"))
    with in_view():
        bpy.ops.ed.undo()
    yield from wait(0.5)
    report["markers_undone"] = len(bpy.context.scene.timeline_markers) + len(bpy.data.texts)


def script() -> Iterator[None]:
    """What a user does, in order."""
    yield from wait(1.0)
    with in_view():
        bpy.ops.extensions.package_install_files(filepath=str(ZIP), repo="user_default", enable_on_install=True)
    yield
    bpy.context.preferences.view.filebrowser_display_type = "SCREEN"
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    bpy.ops.ed.undo_push(message="Delete")
    open_panels()
    yield from show_tab("Facsimile")
    yield from settle()
    window.picture(FOLDER / "photo-and-film.png", region("UI"), 320)
    yield from fit("facsimile.fit_photo", PHOTO, "photo")
    window.picture(FOLDER / "photo.png", window.area())
    before = yield from window.speak("de_DE")
    picture("german")
    yield from window.speak(before)
    for item in bpy.data.objects:
        item.hide_set(item.type == "MESH")
    yield from settle()
    picture("photo-alone")
    with in_view():
        bpy.ops.ed.undo()
    yield from wait(0.7)
    report["undone"] = [item.name for item in bpy.data.objects]
    yield from show_tab("Facsimile")
    yield from cancel_fit()
    yield from fit("facsimile.fit_video", FILM, "film")
    for frame in (1, 30, 60):
        bpy.context.scene.frame_set(frame)
        yield from settle()
        picture(f"film-{frame}")
    yield from speak()
    window.clicked.append(window.TOP)
    yield from press("facsimile.fit_photo")
    yield from wait(1.0)
    yield from choose_file(FILM.with_name("nobody.png"))
    yield from until(lambda: performing().refusal is not None, 60, "The refusal")
    yield from settle()
    report["refusal"] = str(performing().refusal)
    picture("refused")


window.play(script(), report, FOLDER)
