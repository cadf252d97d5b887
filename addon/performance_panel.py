"""The panel that brings performances onto characters."""

from typing import Any

import bpy

from .bake_panel import draw_curves, draw_movers, draw_placement, draw_preview
from .choices import Neutral
from .panel import draw_text
from .performance_properties import FILE, KEYS, MESH, BakeProperties, CloneProperties, copy_performance
from .performing import PERFORMING
from .selection import selected_meshes
from .sidebar import Sidebar
from .translation import OURS, translated


class FACSIMILE_PT_performance(Sidebar, bpy.types.Panel):
    """Brings recorded and cloned faces onto the keys."""

    bl_label = "Performance"
    bl_translation_context = OURS
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.facsimile_performance
        column = layout.column()
        column.enabled = PERFORMING.step is None
        draw_source(column, settings)
        draw_placement(column, settings, settings.source == FILE)
        draw_curves(column, settings)
        draw_movers(column, settings)
        draw_preview(column, settings, "facsimile.preview_performance")
        draw_saving(column, context)
        draw_end(layout, context, "")
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


def draw_button(layout: bpy.types.UILayout, context: bpy.types.Context, settings: Any) -> None:
    """The button, or the progress of what it started."""
    # Here and not above: switching the add-on on must not wait for it.
    from .baking import keyed_data

    if PERFORMING.step is not None:
        draw_progress(layout)
        return
    targets = keyed_data(selected_meshes(context))
    if not targets:
        draw_text(layout, context, "Select the meshes whose keys are to act.", "INFO")
    row = layout.row()
    row.scale_y = 1.4
    if settings.source == FILE:
        row.enabled = bool(settings.filepath and targets)
        button = row.operator("facsimile.apply_performance", text="Bake Performance", icon="ANIM_DATA")
        button.filepath = settings.filepath
    else:
        row.enabled = bool(settings.source_object and targets)
        button = row.operator("facsimile.clone", icon="ANIM_DATA")
        button.source = settings.source_object.name if settings.source_object else ""
        button.kind = KEYS if settings.source == KEYS else MESH
        copy_performance(settings, button, CloneProperties, BakeProperties)
        # What is cloned begins where its source does.
        button.property_unset("start_frame")


def draw_progress(layout: bpy.types.UILayout) -> None:
    """How far what runs is, and its end."""
    assert PERFORMING.step is not None
    row = layout.row(align=True)
    row.scale_y = 1.4
    row.progress(factor=PERFORMING.step.fraction, text=translated(PERFORMING.step.text), type="BAR")
    row.operator("facsimile.cancel_clone", text="", icon="CANCEL")


def draw_saving(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What can be saved as a file."""
    row = layout.row(align=True)
    keys = row.row(align=True)
    keys.enabled = bool(selected_meshes(context))
    keys.operator("facsimile.save_performance", text="Save Keys", icon="EXPORT").what = "KEYS"
    if PERFORMING.take is not None:
        row.operator("facsimile.save_performance", text="Save Cloned", icon="EXPORT").what = "TAKE"


def draw_end(layout: bpy.types.UILayout, context: bpy.types.Context, by: str) -> None:
    """What became of the last bake, if it was started by this panel."""
    if PERFORMING.by != by:
        return
    if PERFORMING.refusal is not None:
        box = layout.box().column()
        draw_text(box, context, PERFORMING.refusal.sentence, "ERROR")
        draw_text(box, context, PERFORMING.refusal.cure, "BLANK1")
    for number, line in enumerate(PERFORMING.told):
        draw_text(layout, context, line, "INFO" if number else "CHECKMARK")


CLASSES = (FACSIMILE_PT_performance,)
