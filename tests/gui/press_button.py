"""Runs inside a real Blender with a window: installs the extension, imports a head, presses the button, looks.

blender --factory-startup --enable-event-simulate --python press_button.py -- ZIP HEAD FOLDER [BEHAVIOUR]

Writes FOLDER/report.json and a picture of the window for every stage. BEHAVIOUR is "cancel" to press the cross instead
of waiting, "escape" to press Escape, "quit" to end Blender meanwhile, "review" to have thumbnails drawn afterwards and
one of them shown.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

import window
from window import in_view, keys, press, region, show_tab, tap, wait

ZIP, HEAD, FOLDER = sys.argv[sys.argv.index("--") + 1 :][:3]
BEHAVIOUR = (sys.argv[sys.argv.index("--") + 4 :] or ["wait"])[0]
PATIENCE = 400.0
"""Seconds for the whole job; a machine that trains a network at the same time is slow."""

report: dict[str, object] = {}


def picture(name: str) -> None:
    window.picture(Path(FOLDER) / f"{name}.png")


def escape_over(kind: str) -> Iterator[None]:
    """Press Escape with the mouse over a region of the view, left of the sidebar that may lie over it."""
    place = region(kind)
    yield from tap("ESC", place.x + place.width // 3, place.y + place.height // 3)


def largest_move(name: str) -> float:
    """How far the key moves any vertex of any mesh, as a share of the meshes' height."""
    moves, heights = [0.0], [1e-9]
    for item in bpy.data.objects:
        if item.type == "MESH" and item.data.shape_keys and name in item.data.shape_keys.key_blocks:
            blocks = item.data.shape_keys.key_blocks
            turn = item.matrix_world.to_3x3()
            moves += [
                (turn @ (point.co - base.co)).length
                for point, base in zip(blocks[name].points, blocks[0].points, strict=True)
            ]
            heights.append(max(item.dimensions))
    return max(moves) / max(heights)


def show_face(*names: str) -> None:
    """Look at the mesh with the most keys from near by, with keys of these names turned up on all meshes."""
    meshes = [item for item in bpy.context.selected_objects if item.type == "MESH" and item.data.shape_keys]
    for item in meshes:
        for name in names:
            if name in item.data.shape_keys.key_blocks:
                item.data.shape_keys.key_blocks[name].value = 1
    face = max(meshes, key=lambda item: len(item.data.shape_keys.key_blocks))
    selected = list(bpy.context.selected_objects)
    for item in selected:
        item.select_set(item == face)
    with in_view():
        bpy.ops.view3d.view_selected()
    for item in selected:
        item.select_set(True)


def pinned() -> list[tuple[str, str]]:
    """Names of the meshes that show one key alone, and which."""
    return [
        (item.name, item.active_shape_key.name)
        for item in bpy.context.view_layer.objects
        if item.type == "MESH" and item.show_only_shape_key
    ]


def review() -> Iterator[None]:
    """Have the thumbnails drawn, show a shape by a click, go back by Escape."""
    thumbnails = sys.modules["bl_ext.user_default.facsimile.addon.thumbnails"].THUMBNAILS
    yield from press("facsimile.draw_thumbnails")
    started = last = time.monotonic()
    gap = 0.0
    while thumbnails.running:
        yield
        gap, last = max(gap, time.monotonic() - last), time.monotonic()
        if last - started > PATIENCE:
            raise RuntimeError("The thumbnails did not come.")
    report["thumbnail_seconds"], report["thumbnail_gap"] = last - started, gap
    report["icons"] = dict(thumbnails.icons)
    yield from wait(1.0)
    picture("5-thumbnails")
    before = keys()
    yield from press("facsimile.show_shape")
    yield from wait(0.7)
    report["pinned"] = pinned()
    picture("6-shown")
    yield from escape_over("WINDOW")
    report["pinned_after_escape"] = pinned()
    report["keys_stay"] = keys() == before
    picture("7-back")


def script() -> Iterator[None]:
    """What a user does, in order."""
    yield from wait(1.0)
    with in_view():
        bpy.ops.extensions.package_install_files(filepath=ZIP, repo="user_default", enable_on_install=True)
    yield
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    if HEAD.endswith(".obj"):
        bpy.ops.wm.obj_import(filepath=HEAD)
    else:
        bpy.ops.import_scene.gltf(filepath=HEAD)
    bpy.ops.object.select_all(action="DESELECT")
    bpy.ops.ed.undo_push(message="Import")
    yield from show_tab("Facsimile")
    picture("1-nothing-selected")

    for item in bpy.context.view_layer.objects:
        if item.type != "MESH":
            item.hide_set(True)
        elif item.visible_get():
            item.select_set(True)
            bpy.context.view_layer.objects.active = item
    with in_view():
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    bpy.ops.ed.undo_push(message="Select")
    yield from wait(1.2)
    picture("2-selected")
    report["keys_before"] = keys()

    session = sys.modules["bl_ext.user_default.facsimile.addon.session"].SESSION
    yield from press("facsimile.build_shapes")
    started = last = time.monotonic()
    gaps, pictured = [], False
    while session.phase == "running" or not gaps:
        yield
        now = time.monotonic()
        gaps.append(now - last)
        last = now
        if now - started > PATIENCE:
            raise RuntimeError("The job did not end.")
        if session.fraction > 0.2 and not pictured:
            picture("3-running")
            pictured = True
            last = time.monotonic()
            if BEHAVIOUR == "quit":
                report["backend"] = session.queue._client.pid
                return
            if BEHAVIOUR == "cancel":
                yield from press("facsimile.cancel")
            if BEHAVIOUR == "escape":
                yield from escape_over("WINDOW")
                report["phase_after_escape_elsewhere"] = str(session.phase)
                yield from escape_over("UI")
    report["seconds"] = time.monotonic() - started
    report["ticks"] = len(gaps)
    # The last gap is the one in which the keys were written.
    report["largest_gap"] = max(gaps[:-1], default=0.0)
    report["writing_gap"] = gaps[-1]
    report["phase"] = str(session.phase)
    report["refusal"] = str(session.refusal or "")
    report["confidence"] = session.outcome.confidence if session.outcome else 0.0
    report["keys_after"] = keys()
    report["jaw_moves"] = largest_move("jawOpen")
    yield from wait(1.0)
    picture("4-ended")

    if session.phase == "done" and BEHAVIOUR == "review":
        yield from review()
    elif session.phase == "done":
        show_face("jawOpen", "mouthSmileLeft")
        yield from wait(1.0)
        picture("5-face")
        with in_view():
            bpy.ops.ed.undo()
        yield from wait(0.5)
        report["keys_after_undo"] = keys()
        picture("6-undone")
        with in_view():
            bpy.ops.ed.redo()
        yield from wait(0.5)
        report["keys_after_redo"] = keys()


window.play(script(), report, Path(FOLDER))
