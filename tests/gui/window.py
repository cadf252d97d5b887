"""Inside a real Blender: what a person does with its window - look, point, click - and a script of that, step by step.

Each `yield` of a script lets Blender draw and handle events for a tick, because a simulated event acts only after
Python has returned.
"""

import json
import subprocess
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import bpy

TICK = 0.03
COLOURS = "192"
"""Of a picture; enough for an interface, and a third of the bytes."""

TOP = 10_000
"""A height above everything."""

clicked = [TOP]
"""Heights of the clicks so far."""


def window() -> bpy.types.Window:
    return bpy.context.window_manager.windows[0]


def area(kind: str = "VIEW_3D") -> bpy.types.Area:
    """The widest area of a kind."""
    return max((area for area in window().screen.areas if area.type == kind), key=lambda area: area.width)


def region(kind: str, of: str = "VIEW_3D") -> bpy.types.Region:
    return next(region for region in area(of).regions if region.type == kind)


def in_view(kind: str = "WINDOW", of: str = "VIEW_3D"):
    return bpy.context.temp_override(window=window(), area=area(of), region=region(kind, of))


def picture(path: Path, place: bpy.types.Region | bpy.types.Area | None = None, height: int = 0) -> None:
    """The whole screen, or a place in it, or the uppermost pixels of that.

    Blender's own screenshot operator gives a black one under software OpenGL.
    """
    crop = []
    if place is not None:
        tall = min(height or place.height, place.height)
        crop = ["-crop", f"{place.width}x{tall}+{place.x}+{window().height - place.y - place.height}", "+repage"]
    subprocess.run(
        ["import", "-window", "root", *crop, "-strip", "+dither", "-colors", COLOURS, f"PNG8:{path}"], check=True
    )


def wait(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def settle() -> Iterator[None]:
    """Has everything drawn, then panels again and again: they slide into place, and only while they are drawn."""
    for place in window().screen.areas:
        place.tag_redraw()
    yield
    for _ in range(20):
        for place in window().screen.areas:
            for part in place.regions:
                # Without a graphics card the scene takes most of the time.
                if (place.type, part.type) != ("VIEW_3D", "WINDOW"):
                    part.tag_redraw()
        yield


def until(reached: Callable[[], object], seconds: float, what: str) -> Iterator[None]:
    """Waits for a condition. Raises RuntimeError where it is not reached in time."""
    end = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} took more than {seconds:.0f} seconds.")
        yield


def point_at(x: int, y: int) -> Iterator[None]:
    window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
    # On a busy machine the move is handled a tick or two later.
    for _ in range(3):
        yield


def click(x: int, y: int) -> Iterator[None]:
    yield from point_at(x, y)
    for value in ("PRESS", "RELEASE"):
        window().event_simulate(type="LEFTMOUSE", value=value, x=x, y=y)
        yield


def is_under(operator: str, x: int, y: int, kind: str, of: str) -> Generator[None, None, bool]:
    """Point at a place of a region. Returns whether an operator's button is there."""
    yield from point_at(x, y)
    window_manager = bpy.context.window_manager
    window_manager.clipboard = ""
    with in_view(kind, of):
        if bpy.ops.ui.copy_python_command_button.poll():
            bpy.ops.ui.copy_python_command_button()
    return window_manager.clipboard.startswith(f"bpy.ops.{operator}(")


def find(operator: str, kind: str = "UI", of: str = "VIEW_3D") -> Generator[None, None, tuple[int, int]]:
    """Move over a region until the button under the mouse is the operator's. Returns its place.

    The search starts at the height of the last click, where a button that has taken another's place is, and goes along
    the middle first, where most buttons are.
    """
    place = region(kind, of)
    start = min(clicked[-1], place.y + place.height)
    shares = (0.5, 0.9, 0.25) if kind == "UI" else (0.12, 0.4, 0.62, 0.85)
    candidates = [
        (abs(y - start) if share == shares[0] else 3 * abs(y - start) + 20, share, y)
        for y in range(place.y + place.height - 10, place.y, -9)
        for share in shares
    ]
    for _, share, y in sorted(candidates):
        x = int(place.x + share * (place.width - 20))
        if not (yield from is_under(operator, x, y, kind, of)):
            continue
        # Away from the edge: a button lights up a little before the mouse is on it.
        for inside in (y - 6, y + 6, y):
            if (yield from is_under(operator, x, inside, kind, of)):
                clicked.append(inside)
                return x, inside
    raise RuntimeError(f"There is no button for {operator}.")


def press(operator: str, kind: str = "UI", of: str = "VIEW_3D") -> Iterator[None]:
    """Find the button of an operator in a region and click it."""
    x, y = yield from find(operator, kind, of)
    yield from click(x, y)


def tap(key: str, x: int, y: int) -> Iterator[None]:
    """Press a key with the mouse at a place."""
    yield from point_at(x, y)
    for value in ("PRESS", "RELEASE"):
        window().event_simulate(type=key, value=value, x=x, y=y)
        yield
    yield from wait(0.5)


def choose_file(path: Path) -> Iterator[None]:
    """Name a file in the file browser that is open, and press its button."""
    browser = area("FILE_BROWSER").spaces.active
    browser.params.directory, browser.params.filename = str(path.parent).encode(), path.name
    yield from wait(1.0)
    place = region("EXECUTE", "FILE_BROWSER")
    yield from click(place.x + place.width - 60, place.y + place.height // 2)


def speak(language: str) -> Generator[None, None, str]:
    """Switch the interface to a language. Returns the one before."""
    view = bpy.context.preferences.view
    before, view.language = view.language, language
    view.use_translate_interface = True
    yield from settle()
    return before


def leave_buttons() -> Iterator[None]:
    """Take the mouse into the view, where Escape puts away what has popped up and does nothing else. The button beneath
    the mouse is lit up, or looks as it did before it was clicked."""
    place = region("WINDOW")
    yield from tap("ESC", place.x + place.width // 3, place.y + place.height // 3)
    yield from settle()


def show_tab(name: str) -> Iterator[None]:
    """Open the sidebar at a tab, which can be chosen once the sidebar has been drawn with it and is shown once it is
    drawn again."""
    area().spaces[0].show_region_ui = True
    while region("UI").active_panel_category != name:
        yield from wait(0.2)
        region("UI").active_panel_category = name
        region("UI").tag_redraw()
    yield from wait(0.5)


def keys() -> dict[str, list[str]]:
    """The names of all shape keys by object."""
    return {
        item.name: item.data.shape_keys.key_blocks.keys() if item.data.shape_keys else []
        for item in bpy.data.objects
        if item.type == "MESH"
    }


def play(steps: Iterator[None], report: dict[str, object], folder: Path) -> None:
    """Runs a script in a timer; then writes FOLDER/report.json, with the error if there was one, and quits Blender."""

    def tick() -> float | None:
        try:
            next(steps)
        except StopIteration:
            report["finished"] = True
        except Exception:
            report["error"] = traceback.format_exc()
            picture(folder / "error.png")
        else:
            return TICK
        (folder / "report.json").write_text(json.dumps(report, indent=1))
        bpy.ops.wm.quit_blender()
        return None

    bpy.context.preferences.view.show_splash = False
    # Without a graphics card the samples of the smoother kinds, drawn after every motion, take most of the time.
    bpy.context.preferences.system.viewport_aa = "FXAA"
    bpy.app.timers.register(tick, first_interval=1.0, persistent=True)
