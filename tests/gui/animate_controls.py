"""Runs inside a real Blender with a window: a face on bones, a performance onto them by a click, a look, an undo.

blender --factory-startup --enable-event-simulate --python animate_controls.py -- ZIP CLIP FOLDER [BEHAVIOUR]

Writes FOLDER/report.json and pictures of the window. BEHAVIOUR is "cancel" to press the cross while it runs.
"""

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

import window
from window import in_view, press, show_tab, wait

ZIP, CLIP, FOLDER = sys.argv[sys.argv.index("--") + 1 :][:3]
BEHAVIOUR = (sys.argv[sys.argv.index("--") + 4 :] or ["wait"])[0]
PATIENCE = 200.0

report: dict[str, object] = {}


def add_rigged_face() -> None:
    """Suzanne whose lower half hangs on one bone, and whose brow on another."""
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    bpy.ops.mesh.primitive_monkey_add()
    face = bpy.context.object
    bpy.ops.object.armature_add()
    rig = bpy.context.object
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    jaw = bones[0]
    jaw.name, jaw.head, jaw.tail = "jaw", (0, 0.8, 0), (0, -0.6, -0.7)
    brow = bones.new("brow")
    brow.head, brow.tail = (0, -0.9, 0.7), (0, -0.9, 1.0)
    bpy.ops.object.mode_set(mode="OBJECT")
    for name, chosen in (("jaw", lambda z: z < -0.1), ("brow", lambda z: z > 0.4)):
        own = [vertex.index for vertex in face.data.vertices if chosen(vertex.co.z)]
        face.vertex_groups.new(name=name).add(own, 1.0, "REPLACE")
    face.modifiers.new("Armature", "ARMATURE").object = rig
    rig.show_in_front = True
    bpy.ops.object.select_all(action="DESELECT")
    face.select_set(True)
    bpy.context.view_layer.objects.active = face


def open_panel_first() -> None:
    """No script can open a panel, so it is registered open, and the uppermost shut."""
    shapes = sys.modules["bl_ext.user_default.facsimile.addon.panel"].FACSIMILE_PT_shapes
    bpy.utils.unregister_class(shapes)
    shapes.bl_options = {"DEFAULT_CLOSED"}
    bpy.utils.register_class(shapes)
    panels = sys.modules["bl_ext.user_default.facsimile.addon.rig_panel"]
    for cls in (panels.FACSIMILE_PT_missed, panels.FACSIMILE_PT_controls):
        bpy.utils.unregister_class(cls)
    panels.FACSIMILE_PT_controls.bl_options, panels.FACSIMILE_PT_controls.bl_order = set(), -1
    for cls in (panels.FACSIMILE_PT_controls, panels.FACSIMILE_PT_missed):
        bpy.utils.register_class(cls)


def action_of(rig: str) -> str:
    """The name of the rig's action, empty where there is none."""
    data = bpy.data.objects[rig].animation_data
    return data.action.name if data is not None and data.action is not None else ""


def picture(name: str) -> None:
    window.picture(Path(FOLDER) / f"{name}.png")


def lowered() -> float:
    """How far the lowest vertex of the face is below its rest."""
    face = bpy.data.objects["Suzanne"]
    at = min(range(len(face.data.vertices)), key=lambda number: face.data.vertices[number].co.z)
    shown = face.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    return face.data.vertices[at].co.z - shown.vertices[at].co.z


def preview(state) -> Iterator[None]:
    """Look at a frame, weaken the mouth while it is shown, and leave it."""
    settings = bpy.context.scene.facsimile_rig
    settings.preview_frame = 12
    picture("0-chosen")
    yield from press("facsimile.preview_controls")
    yield from window.until(lambda: state.study is not None and state.running is None, PATIENCE, "Measuring")
    yield from window.settle()
    report["previewed"] = lowered()
    picture("0-previewed")
    settings.strength_mouth = 0.5
    yield from wait(0.7)
    report["weaker"] = lowered()
    settings.strength_mouth = 1.0
    yield from press("facsimile.preview_controls")
    yield from wait(0.7)
    report["left"] = lowered()


def show_missed() -> Iterator[None]:
    """What the controls could not express: the panel, the colours on the face, and German."""
    place = window.region("UI")
    window.clicked.append(place.y + 60)
    yield from window.settle()
    picture("4-missed")
    _, y = yield from window.find("facsimile.show_residual")
    yield from window.click(place.x + place.width // 4, y)
    yield from wait(0.7)
    report["coloured"] = [one.name for one in bpy.data.objects["Suzanne"].data.color_attributes]
    report["shown_by"] = window.area().spaces[0].shading.color_type
    yield from window.leave_buttons()
    picture("5-coloured")
    before = yield from window.speak("de_DE")
    picture("6-german")
    yield from window.speak(before)
    yield from window.click(place.x + 3 * place.width // 5, y)
    yield from wait(0.7)
    properties = bpy.data.objects["Suzanne"].keys()
    report["strips"] = [name for name in properties if name.startswith("residual ")]
    picture("7-strips")
    for _ in range(2):
        with in_view():
            bpy.ops.ed.undo()
        yield from wait(0.5)


def script() -> Iterator[None]:
    bpy.context.preferences.view.show_splash = False
    with in_view():
        bpy.ops.extensions.package_install_files(filepath=ZIP, repo="user_default", enable_on_install=True)
    yield from wait(1.0)
    open_panel_first()
    add_rigged_face()
    settings = bpy.context.scene.facsimile_rig
    settings.filepath = shutil.copy(CLIP, Path.home())
    yield from show_tab("Facsimile")
    with in_view():
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    bpy.ops.ed.undo_push(message="Rigged")
    yield from wait(1.0)
    state = sys.modules["bl_ext.user_default.facsimile.addon.rig_state"].RIG
    # The buttons are at the lower end of a long panel: looking for them begins there.
    window.clicked.append(window.region("UI").y + 60)
    if BEHAVIOUR == "wait":
        yield from preview(state)
    yield from press("facsimile.retarget")
    started = time.monotonic()
    ticks = 0
    while state.running is not None or not ticks:
        yield
        ticks += 1
        if ticks == 3:
            picture("1-running")
            if BEHAVIOUR == "cancel":
                yield from press("facsimile.cancel_retarget")
        if time.monotonic() - started > PATIENCE:
            raise RuntimeError("It did not end.")
    yield from wait(1.0)
    picture("2-ended")
    report["ticks"] = ticks
    report["refusal"] = str(state.refusal or "")
    report["action"] = action_of("Armature")
    report["rows"] = len(bpy.context.scene.facsimile_rig.rows)
    if BEHAVIOUR == "wait":
        bpy.context.scene.frame_set(12)
        report["baked"] = lowered()
        yield from wait(0.5)
        yield from window.settle()
        picture("3-posed")
        window.picture(Path(FOLDER) / "controls.png", window.area())
        yield from show_missed()
        with in_view():
            bpy.ops.ed.undo()
        yield from wait(0.5)
        report["action_after_undo"] = action_of("Armature")
        report["rows_after_undo"] = len(bpy.context.scene.facsimile_rig.rows)


window.play(script(), report, Path(FOLDER))
