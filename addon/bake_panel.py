"""What the panels share that put performances onto characters: where curves go, what is done to them, a preview."""

from typing import Any

import bpy

from . import preview
from .choices import Gaze, Where
from .curve_properties import PARTS, REGIONS
from .translation import translated


def draw_placement(layout: bpy.types.UILayout, settings: Any, starts: bool) -> None:
    """Where the curves go. starts: whether the user says where they begin."""
    body = layout.column()
    body.use_property_split = True
    body.use_property_decorate = False
    body.prop(settings, "where")
    if settings.where in (Where.REPLACE, Where.RANGE, Where.APPEND):
        chosen = body.column(align=True)
        chosen.prop(settings, "action")
        if hasattr(bpy.data.actions.get(settings.action), "slots"):
            chosen.prop(settings, "slot")
    row = body.row()
    row.prop(settings, "rate", expand=True)
    if starts and settings.where != Where.APPEND:
        body.prop(settings, "start_frame")


def draw_options(operator: Any) -> None:
    """All of it for an operator: in the file browser, and in the panel that does it again."""
    layout = operator.layout
    draw_placement(layout, operator, starts=True)
    body = layout.column()
    body.use_property_split = True
    body.use_property_decorate = False
    draw_parts(body, operator)
    draw_reduction(body, operator)
    body.separator()
    draw_turning(body, operator)


def draw_curves(layout: bpy.types.UILayout, settings: Any) -> None:
    """What is done to the curves first."""
    body = folded(layout, "facsimile_curves", "Adjust")
    if body is None:
        return
    draw_parts(body, settings)
    row = body.row()
    row.label(text="Channels")
    # On the scene, the name of the settings.
    of = settings.path_from_id()
    row.operator("facsimile.add_channel", text="", icon="ADD").of = of
    if len(settings.channels):
        # Fields as narrow as these do not show their own names.
        titles = body.row(align=True)
        titles.label(text="")
        titles.label(text="Gain")
        titles.label(text="Add")
        titles.label(text="", icon="BLANK1")
    for index, one in enumerate(settings.channels):
        row = body.row(align=True)
        row.use_property_split = False
        row.prop(one, "name", text="")
        row.prop(one, "gain", text="")
        row.prop(one, "offset", text="")
        remove = row.operator("facsimile.remove_channel", text="", icon="REMOVE")
        remove.of, remove.index = of, index
    draw_reduction(body, settings)


def draw_parts(body: bpy.types.UILayout, settings: Any) -> None:
    """Strength, smoothing and dead zone of each region."""
    for title, prefix, parts in (
        ("Strength", "strength", REGIONS),
        ("Smooth", "smooth", PARTS),
        ("Dead Zone", "dead", REGIONS),
    ):
        column = body.column(align=True)
        column.label(text=title)
        for part in parts:
            column.prop(settings, f"{prefix}_{part}", slider=prefix != "smooth")


def draw_reduction(body: bpy.types.UILayout, settings: Any) -> None:
    """Whether keys are left out, and by how much curves may change."""
    body.prop(settings, "reduce")
    if settings.reduce:
        body.prop(settings, "reduce_error")


def folded(layout: bpy.types.UILayout, name: str, title: str) -> bpy.types.UILayout | None:
    """What is beneath a title for settings, None while it is closed, as it is at first."""
    header, body = layout.panel(name, default_closed=True)
    header.label(text=title)
    if body is not None:
        body.use_property_split = True
        body.use_property_decorate = False
    return body


def draw_movers(layout: bpy.types.UILayout, settings: Any) -> None:
    """What turns with the head and the eyes."""
    body = folded(layout, "facsimile_movers", "Head and Eyes")
    if body is not None:
        draw_turning(body, settings)


def draw_turning(body: bpy.types.UILayout, settings: Any) -> None:
    """The same without a title."""
    draw_mover(body, settings, "head", "Head")
    if settings.head_object:
        body.prop(settings, "head_location")
    body.row().prop(settings, "gaze", expand=True)
    if settings.gaze != Gaze.KEYS:
        draw_mover(body, settings, "left_eye", "Left Eye")
        draw_mover(body, settings, "right_eye", "Right Eye")
    body.prop(settings, "front")


def draw_mover(layout: bpy.types.UILayout, settings: Any, part: str, label: str) -> None:
    """An object, and its bone where it has bones."""
    column = layout.column(align=True)
    column.prop_search(settings, f"{part}_object", bpy.context.scene, "objects", text=label)
    item = bpy.data.objects.get(getattr(settings, f"{part}_object"))
    if item is not None and item.pose is not None:
        column.prop_search(settings, f"{part}_bone", item.pose, "bones", text="Bone")


def draw_preview(layout: bpy.types.UILayout, settings: Any, operator: str) -> None:
    """The frame that is shown, and the operator that shows it."""
    shown = preview.shown(operator)
    row = layout.split(factor=0.6, align=True)
    row.operator(operator, icon="HIDE_OFF" if shown else "HIDE_ON", depress=shown)
    # Blender's own word for it does not fit in German.
    row.prop(settings, "preview_frame", text=translated("Frame"), translate=False)
