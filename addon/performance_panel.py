"""The panel that brings performances onto characters."""

from typing import Any

import bpy

from . import preview
from .choices import Gaze, Neutral, Where
from .curve_properties import PARTS, REGIONS
from .panel import draw_text
from .performance_properties import FILE, KEYS, MESH, BakeProperties, CloneProperties, copy_performance
from .performing import PERFORMING
from .selection import selected_meshes
from .translation import OURS, translated


class FACSIMILE_PT_performance(bpy.types.Panel):
    """Brings recorded and cloned faces onto the keys."""

    bl_label = "Performance"
    bl_translation_context = OURS
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Facsimile"
    bl_options = {"DEFAULT_CLOSED"}
    layout: bpy.types.UILayout

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.facsimile_performance
        column = layout.column()
        column.enabled = PERFORMING.step is None
        draw_source(column, settings)
        draw_placement(column, settings)
        draw_curves(column, settings)
        draw_movers(column, settings)
        draw_preview(column, settings)
        draw_saving(column, context)
        draw_end(layout, context)
        # The button comes last: where it gives way to the bar, Blender lights up whatever follows it under the mouse.
        draw_button(layout, context, settings)


def draw_source(layout: bpy.types.UILayout, settings: Any) -> None:
    """Where the performance comes from."""
    layout.row().prop(settings, "source", expand=True)
    if settings.source == FILE:
        layout.prop(settings, "filepath", text="")
        return
    layout.prop(settings, "source_object", text="")
    body = layout.column()
    body.use_property_split = True
    body.use_property_decorate = False
    if settings.source == MESH:
        body.prop(settings, "neutral")
        if settings.neutral == Neutral.FRAME:
            body.prop(settings, "neutral_frame", text="Frame")
    body.prop(settings, "scene_range")
    if not settings.scene_range:
        row = body.column(align=True)
        row.prop(settings, "first_frame", text="First")
        row.prop(settings, "last_frame", text="Last")


def draw_placement(layout: bpy.types.UILayout, settings: Any) -> None:
    """Where the curves go."""
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
    if settings.source == FILE and settings.where != Where.APPEND:
        body.prop(settings, "start_frame")


def draw_curves(layout: bpy.types.UILayout, settings: Any) -> None:
    """What is done to the curves first."""
    header, body = layout.panel("facsimile_curves", default_closed=True)
    header.label(text="Adjust")
    if body is None:
        return
    body.use_property_split = True
    body.use_property_decorate = False
    for title, prefix, parts in (
        ("Strength", "strength", REGIONS),
        ("Smooth", "smooth", PARTS),
        ("Dead Zone", "dead", REGIONS),
    ):
        column = body.column(align=True)
        column.label(text=title)
        for part in parts:
            column.prop(settings, f"{prefix}_{part}", slider=prefix != "smooth")
    row = body.row()
    row.label(text="Channels")
    row.operator("facsimile.add_channel", text="", icon="ADD")
    for index, one in enumerate(settings.channels):
        row = body.row(align=True)
        row.use_property_split = False
        row.prop(one, "name", text="")
        row.prop(one, "gain", text="Gain")
        row.prop(one, "offset", text="Add")
        row.operator("facsimile.remove_channel", text="", icon="REMOVE").index = index
    body.prop(settings, "reduce")
    if settings.reduce:
        body.prop(settings, "reduce_error")


def draw_movers(layout: bpy.types.UILayout, settings: Any) -> None:
    """What turns with the head and the eyes."""
    header, body = layout.panel("facsimile_movers", default_closed=True)
    header.label(text="Head and Eyes")
    if body is None:
        return
    body.use_property_split = True
    body.use_property_decorate = False
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


def draw_preview(layout: bpy.types.UILayout, settings: Any) -> None:
    """The frame that is shown."""
    row = layout.split(factor=0.6, align=True)
    row.operator(
        "facsimile.preview_performance", icon="HIDE_OFF" if preview.shown() else "HIDE_ON", depress=preview.shown()
    )
    row.prop(settings, "preview_frame", text="Frame")


def draw_button(layout: bpy.types.UILayout, context: bpy.types.Context, settings: Any) -> None:
    """The button, or the progress of what it started."""
    # Here and not above: switching the add-on on must not wait for it.
    from .baking import keyed_data

    if PERFORMING.step is not None:
        row = layout.row(align=True)
        row.scale_y = 1.4
        row.progress(factor=PERFORMING.step.fraction, text=translated(PERFORMING.step.text), type="BAR")
        row.operator("facsimile.cancel_clone", text="", icon="CANCEL")
        return
    targets = keyed_data(selected_meshes(context))
    if not targets:
        draw_text(layout, context, "Select the meshes whose keys are to act.", "INFO")
    row = layout.row()
    row.scale_y = 1.4
    if settings.source == FILE:
        row.enabled = bool(settings.filepath and targets)
        row.operator_context = "EXEC_DEFAULT"
        button = row.operator("facsimile.apply_performance", text="Bake Performance", icon="ANIM_DATA")
        button.filepath = settings.filepath
        copy_performance(settings, button, BakeProperties)
    else:
        row.enabled = bool(settings.source_object and targets)
        button = row.operator("facsimile.clone", icon="ANIM_DATA")
        button.source = settings.source_object.name if settings.source_object else ""
        button.kind = KEYS if settings.source == KEYS else MESH
        copy_performance(settings, button, CloneProperties, BakeProperties)
        # What is cloned begins where its source does.
        button.property_unset("start_frame")


def draw_saving(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What can be saved as a file."""
    row = layout.row(align=True)
    keys = row.row(align=True)
    keys.enabled = bool(selected_meshes(context))
    keys.operator("facsimile.save_performance", text="Save Keys", icon="EXPORT").what = "KEYS"
    if PERFORMING.take is not None:
        row.operator("facsimile.save_performance", text="Save Cloned", icon="EXPORT").what = "TAKE"


def draw_end(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What became of the last bake."""
    if PERFORMING.refusal is not None:
        box = layout.box().column()
        draw_text(box, context, PERFORMING.refusal.sentence, "ERROR")
        draw_text(box, context, PERFORMING.refusal.cure, "BLANK1")
    for number, line in enumerate(PERFORMING.told):
        draw_text(layout, context, line, "INFO" if number else "CHECKMARK")


CLASSES = (FACSIMILE_PT_performance,)
