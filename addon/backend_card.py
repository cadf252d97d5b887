"""How the preferences show the backend: what it is, or what setting it up would do, and the buttons for that."""

import time

import bpy

from ..backend.errors import Refusal
from .environment import backend_python, chosen_python, finished, folders, missing_reason
from .panel import draw_refusal, draw_text
from .setting_up import SETTING_UP, why_offline
from .setup.card import card, complaints
from .setup.finished import read_finished
from .translation import translated

LABEL_SHARE = 0.16
"""Of the card's width, the part for labels."""


def draw_backend_card(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The card, with its buttons below."""
    box = layout.box()
    if SETTING_UP.running:
        draw_progress(box)
        return
    made = finished()
    own = backend_python()
    if own is not None and (made is None or own != made[1]):
        box.label(text=translated(f"The backend runs in {own}"), icon="CHECKMARK")
    elif made is not None:
        draw_finished(box, context)
    else:
        box.label(text=translated(missing_reason()), icon="ERROR")
        if chosen_python() is None:
            draw_plan(box, context)
    draw_failure(box, context)
    draw_buttons(box, made is not None)


def draw_progress(box: bpy.types.UILayout) -> None:
    """What happens, how far it is, and the way to stop it."""
    worker = SETTING_UP.worker
    if worker is None:
        return
    box.label(text=translated(SETTING_UP.title), icon="SORTTIME")
    row = box.row(align=True)
    row.scale_y = 1.4
    row.progress(factor=worker.fraction, text=translated(worker.text), type="BAR")
    row.operator("facsimile.cancel_set_up", text="", icon="CANCEL")
    box.label(text="Blender can be used meanwhile", icon="BLANK1")


def draw_finished(box: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What the self-test found."""
    made = finished()
    tested = read_finished(folders().environment(made[0])) if made else None
    if made is None or tested is None:
        return
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(tested.tested))
    box.label(text=translated(f"The backend is set up, tested {when}"), icon="CHECKMARK")
    column = box.column(align=True)
    for label, text in (*card(tested.findings), ("Folder", str(folders().environment(made[0])))):
        split = column.split(factor=LABEL_SHARE)
        name = split.row()
        name.alignment, name.active = "RIGHT", False
        name.label(text=label)
        split.label(text=translated(text), translate=False)
    for label, text, cure in complaints(tested.findings):
        draw_text(box, context, f"{translated(label)}: {translated(text)} {translated(cure)}", "ERROR")


def draw_plan(box: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What setting up would do, or why it cannot be done."""
    try:
        plan = SETTING_UP.plan()
    except Refusal as refusal:
        draw_refusal(box, context, refusal)
        return
    column = box.column(align=True)
    for line in plan.lines():
        draw_text(column, context, line, "DOT")
    if why_offline():
        row = box.row()
        row.label(text=translated(why_offline()), icon="INTERNET_OFFLINE", translate=False)
        if not bpy.app.online_access_override:
            row.prop(context.preferences.system, "use_online_access", text="Allow")


def draw_failure(box: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """How the last set-up ended, where not well."""
    worker = SETTING_UP.worker
    if SETTING_UP.refusal is not None:
        draw_refusal(box, context, SETTING_UP.refusal)
    elif worker is not None and worker.cancelled:
        draw_text(box, context, "Stopped. Press the button to go on where it stopped.", "INFO")


def draw_buttons(box: bpy.types.UILayout, is_set_up: bool) -> None:
    """What can be done now."""
    row = box.row()
    row.scale_y = 1.2
    if is_set_up:
        row.operator("facsimile.set_up_backend", text="Repair", icon="FILE_REFRESH").repair = True
    else:
        row.operator("facsimile.set_up_backend", icon="IMPORT").repair = False
    row.operator("facsimile.remove_backend", text="Remove", icon="TRASH")
    row.operator("facsimile.copy_report", icon="COPYDOWN")
    row.operator("facsimile.open_log", icon="TEXT")
    row.operator("facsimile.open_manual", icon="HELP").page = "set_up"
