"""The sidebar tab of the 3D view."""

from typing import TYPE_CHECKING, Literal

import blf
import bpy

from ..backend.errors import Refusal
from ..backend.face_regions import REGIONS
from .environment import PACKAGE, backend_python, missing_reason
from .names import CUSTOM
from .properties import copy_properties
from .record import has_shapes
from .selection import selected_meshes, why_not_build, why_not_remove
from .session import SESSION, Phase
from .sidebar import Sidebar
from .translation import translated, translated_list

if TYPE_CHECKING:
    from .outcome import Outcome

Icon = Literal["BLANK1", "CHECKMARK", "DOT", "ERROR", "INFO", "OUTLINER_OB_MESH"]

MAX_ROWS = 8
"""Meshes listed by name; a character of fifty parts would push the button off the screen."""

MARGIN = 85
"""Pixels of a region, at scale 1, that borders, tabs and icons take from a line of text."""


class FACSIMILE_PT_shapes(Sidebar, bpy.types.Panel):
    """Builds the face shapes of the selected meshes."""

    bl_label = "Face Shapes"

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        self.layout.operator("facsimile.open_manual", text="", icon="HELP", emboss=False)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        # The button comes last: where it gives way to the bar, Blender lights up whatever follows it under the mouse.
        draw_backend(layout)
        draw_selection(layout, selected_meshes(context))
        draw_settings(layout, context)
        draw_action(layout, context)


class FACSIMILE_PT_refused(Sidebar, bpy.types.Panel):
    """Says why the selected meshes got no shapes."""

    # A panel of its own: in the one above, Blender would light it up where the bar gives way to it.
    bl_label = "Not Built"
    bl_parent_id = "FACSIMILE_PT_shapes"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        about = SESSION.refused == {item.name for item in selected_meshes(context)}
        return SESSION.phase is Phase.FAILED and SESSION.refusal is not None and about

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        self.layout.operator("facsimile.dismiss", text="", icon="X", emboss=False)

    def draw(self, context: bpy.types.Context) -> None:
        if SESSION.refusal is not None:
            draw_refusal(self.layout, context, SESSION.refusal)
            self.layout.operator("facsimile.open_log", icon="TEXT")


class FACSIMILE_PT_result(Sidebar, bpy.types.Panel):
    """Says what became of the last job."""

    bl_label = "Result"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return SESSION.outcome is not None and is_there(SESSION.outcome)

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        self.layout.operator("facsimile.dismiss", text="", icon="X", emboss=False)

    def draw(self, context: bpy.types.Context) -> None:
        if SESSION.outcome is not None:
            draw_outcome(self.layout, context, SESSION.outcome)


def draw_selection(layout: bpy.types.UILayout, meshes: list[bpy.types.Object]) -> None:
    """The selected meshes with their sizes, or what to select."""
    box = layout.box().column(align=True)
    if not meshes:
        box.label(text="Select the meshes of one head", icon="RESTRICT_SELECT_OFF")
        return
    for item in meshes[:MAX_ROWS]:
        known = translated_list(item.data.facsimile.recognised) or f"{len(item.data.vertices):,}"
        draw_pair(box, item.name, known, "OUTLINER_OB_MESH")
    rest = meshes[MAX_ROWS:]
    if rest:
        box.label(text=translated(f"and {len(rest)} more"), icon="BLANK1")
    total = sum(len(item.data.vertices) for item in meshes)
    box.separator()
    draw_pair(
        box, translated(f"{len(meshes)} meshes" if len(meshes) > 1 else "1 mesh"), f"{total:,} vertices", "BLANK1"
    )
    header, body = layout.panel("facsimile_corrections", default_closed=True)
    header.label(text="Corrections")
    if body is not None:
        for item in meshes[:MAX_ROWS]:
            draw_corrections(body, item)


def draw_corrections(layout: bpy.types.UILayout, item: bpy.types.Object) -> None:
    """What the user may say of one mesh, where it was recognised wrongly."""
    column = layout.column(align=True)
    column.label(text=item.name, icon="OUTLINER_OB_MESH", translate=False)
    column.enabled = item.data.is_editable and not SESSION.builds([item])
    column.prop(item.data.facsimile, "role", text="")
    column.prop_search(item.data.facsimile, "region", item, "vertex_groups", text="Region")


def draw_settings(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What is built, and how it is written."""
    column = layout.column()
    settings = context.scene.facsimile
    split = column.split(factor=0.35)
    split.label(text="Names")
    split.row().prop(settings, "names", expand=True)
    if settings.names == CUSTOM:
        row = column.row(align=True)
        row.prop(settings, "name_map", text="", icon="PRESET")
        row.operator("facsimile.add_names", text="", icon="ADD")
        row.operator("facsimile.remove_names", text="", icon="REMOVE")
    split = column.split(factor=0.35)
    split.label(text="Existing Keys")
    split.row().prop(settings, "existing", expand=True)
    header, body = column.panel("facsimile_options", default_closed=True)
    header.label(text="Options")
    if body is not None:
        body.use_property_split = True
        body.use_property_decorate = False
        body.prop(settings, "front")
        switches = body.column(align=True)
        switches.prop(settings, "seals")
        switches.prop(settings, "correctives")
        switches.prop(settings, "link_parts")
        strengths = body.column(align=True)
        strengths.label(text="Strength")
        for name in REGIONS:
            strengths.prop(settings, name, slider=True)


def draw_action(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The progress of the jobs; the button, where the selection is of another head; and what went wrong."""
    for turn, task in enumerate(SESSION.tasks):
        if len(SESSION.tasks) > 1:
            layout.label(text=", ".join(piece.name for piece in task.head.pieces[:2]), translate=False)
        row = layout.row(align=True)
        row.scale_y = 1.4
        row.progress(factor=task.job.fraction, text=translated(SESSION.text(task)), type="BAR")
        row.operator("facsimile.cancel", text="", icon="CANCEL").turn = turn
    if SESSION.tasks and SESSION.builds(selected_meshes(context)):
        return
    row = layout.row()
    row.scale_y = 1.4
    settings = context.scene.facsimile
    button = row.operator("facsimile.build_shapes", icon="SHAPEKEY_DATA")
    copy_properties(settings, button)
    reason = why_not_build(context)
    if reason and selected_meshes(context):
        draw_text(layout, context, reason, "INFO")
    if not why_not_remove(context):
        row = layout.row(align=True)
        row.operator("facsimile.review", icon="PLAY")
        row.operator("facsimile.remove_shapes", text="Remove", icon="TRASH")
        layout.operator("facsimile.mirror_changes", icon="MOD_MIRROR")
    if SESSION.phase is Phase.CANCELLED:
        draw_text(layout, context, "Cancelled. Nothing was changed.", "INFO")


def draw_backend(layout: bpy.types.UILayout) -> None:
    """Whether the backend is there, in one line."""
    row = layout.row(align=True)
    if backend_python() is None:
        row.alert = True
        row.label(text=translated(missing_reason()), icon="ERROR", translate=False)
        row.operator("preferences.addon_show", text="", icon="PREFERENCES").module = PACKAGE
        return
    row.active = False
    row.label(text=translated(SESSION.backend_line), icon="CONSOLE", translate=False)


def draw_outcome(layout: bpy.types.UILayout, context: bpy.types.Context, outcome: "Outcome") -> None:
    """Confidence with reasons, and what each mesh was taken for."""
    column = layout.column(align=True)
    column.progress(factor=outcome.confidence, text=translated(f"Confidence {outcome.confidence:.0%}"), type="BAR")
    box = layout.box().column(align=True)
    moving = [row for row in outcome.rows if row.keys]
    for row in moving[:MAX_ROWS]:
        draw_pair(box, row.name, translated_list(row.keys), "OUTLINER_OB_MESH")
        below = box.column()
        below.active = False
        draw_text(below, context, translated_list(row.role), "BLANK1")
    if len(moving) > MAX_ROWS:
        box.label(text=translated(f"and {len(moving) - MAX_ROWS} more"), icon="BLANK1")
    still = len(outcome.rows) - len(moving)
    if still:
        text = "1 mesh does not move" if still == 1 else f"{still} meshes do not move"
        box.label(text=translated(text), icon="BLANK1")
    if outcome.all_kept:
        draw_text(layout, context, "All of these keys existed. Choose Replace to build them again.", "INFO")
    if outcome.reasons:
        header, body = layout.panel("facsimile_reasons", default_closed=True)
        header.label(text="Reasons")
        if body is not None:
            for reason in outcome.reasons:
                draw_text(body, context, reason, "DOT")


def is_there(outcome: "Outcome") -> bool:
    """Whether what a job wrote has neither been undone nor removed; one that kept all keys wrote nothing."""
    found = (bpy.data.objects.get(row.name) for row in outcome.rows)
    return outcome.all_kept or any(item is not None and has_shapes(item) for item in found)


def draw_pair(layout: bpy.types.UILayout, left: str, right: str, icon: Icon) -> None:
    """One line with a text at each end; the left one is a name."""
    row = layout.row()
    row.label(text=left, icon=icon, translate=False)
    end = row.row()
    end.alignment = "RIGHT"
    end.label(text=translated(right), translate=False)


def draw_refusal(layout: bpy.types.UILayout, context: bpy.types.Context, refusal: Refusal) -> None:
    """What is wrong, and what helps."""
    draw_text(layout, context, refusal.sentence, "ERROR")
    draw_text(layout, context, refusal.cure, "BLANK1")


def draw_text(layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: Icon) -> None:
    """A text, translated, in as many lines as the region is too narrow for; the icon stands before the first."""
    scale = context.preferences.system.ui_scale
    width = context.region.width - MARGIN * scale if context.region else 200 * scale
    column = layout.column(align=True)
    column.scale_y = 0.8
    for index, line in enumerate(wrap(translated(text), width, 11 * scale)):
        column.label(text=line, icon=icon if index == 0 else "BLANK1", translate=False)


def wrap(text: str, width: float, size: float) -> list[str]:
    """Lines of whole words, no wider than width pixels in the interface's font of that size where the words allow."""
    blf.size(0, size)
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and blf.dimensions(0, longer)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


CLASSES = (FACSIMILE_PT_shapes, FACSIMILE_PT_refused, FACSIMILE_PT_result)
