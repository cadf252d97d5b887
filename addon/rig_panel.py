"""The panel for a character's own controls: which, what each follows, and what they cannot express."""

import bpy

from ..backend.rigs.uses import FOLLOW
from .bake_panel import draw_curves, draw_movers, draw_placement, draw_preview
from .panel import draw_text
from .performance_properties import copy_performance
from .performing import PERFORMING
from .rig_properties import COLLECTION, ControlProperties
from .rig_state import RIG
from .sidebar import Sidebar
from .translation import translated


class FACSIMILE_UL_controls(bpy.types.UIList):
    """The mapping, a row for each control; the field above it searches names, channels and reasons."""

    def draw_item(
        self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0
    ) -> None:  # fmt: skip
        row = layout.split(factor=0.35, align=True)
        row.label(text=item.name, translate=False)
        does = row.row(align=True)
        # In words it would leave no room for the channels; the line beneath the list says it of the chosen row.
        does.prop(item, "use", text="", icon_only=True)
        follows = does.row(align=True)
        follows.enabled = item.use == FOLLOW
        follows.prop(item, "follows", text="", emboss=follows.enabled)
        does.prop(item, "edited", text="", icon="PINNED" if item.edited else "UNPINNED", emboss=False)

    def draw_filter(self, context, layout) -> None:
        """Nothing: the search stands above the list, where it is seen."""

    def filter_items(self, context, data, propname) -> tuple[list[int], list[int]]:
        rows, wanted = getattr(data, propname), data.search.lower().split()
        texts = [f"{row.name} {row.use} {row.follows} {row.why}".lower() for row in rows]
        shown = [self.bitflag_filter_item if all(word in text for word in wanted) else 0 for text in texts]
        return shown, []


class FACSIMILE_PT_controls(Sidebar, bpy.types.Panel):
    """Animates the controls that a character has already."""

    bl_label = "Character Controls"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, context.scene.facsimile_rig
        body = layout.column()
        body.enabled = RIG.running is None and PERFORMING.step is None
        draw_choice(body, context, settings)
        draw_mapping(body, context, settings)
        draw_placement(body, settings, True)
        draw_curves(body, settings)
        draw_movers(body, settings)
        # Not greyed out meanwhile: Blender would leave it so as long as the mouse, which has pressed it, stays on it.
        draw_preview(layout, settings, "facsimile.preview_controls")
        if RIG.running is None:
            draw_refusal(layout, context)
        # The button comes last: where it gives way to the bar, Blender lights up whatever follows it under the mouse.
        draw_button(layout, context, settings)


class FACSIMILE_PT_missed(Sidebar, bpy.types.Panel):
    """Says what was written, and what the controls could not express."""

    # A panel of its own: in the one above, Blender would light it up where the bar gives way to it.
    bl_label = "Missed"
    bl_parent_id = "FACSIMILE_PT_controls"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return RIG.result is not None and RIG.running is None

    def draw(self, context: bpy.types.Context) -> None:
        draw_residual(self.layout, context)


def draw_choice(layout: bpy.types.UILayout, context: bpy.types.Context, settings: bpy.types.PropertyGroup) -> None:
    """The performance, and which controls take part."""
    layout.prop(settings, "filepath", text="")
    column = layout.column(align=True)
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(settings, "keys")
    column.prop(settings, "custom")
    column.prop(settings, "bones")
    rig = context.active_object
    if settings.bones == COLLECTION:
        if rig is not None and rig.type == "ARMATURE":
            column.prop_search(settings, "collection", rig.data, "collections_all", text="Collection")
        else:
            column.prop(settings, "collection", text="Collection")
    channels = column.column(align=True, heading="Channels")
    for name in ("location", "rotation", "scale"):
        channels.prop(settings, name)


def draw_mapping(layout: bpy.types.UILayout, context: bpy.types.Context, settings: bpy.types.PropertyGroup) -> None:
    """What each control follows, and the mappings that are saved."""
    header, body = layout.panel("facsimile_mapping", default_closed=True)
    header.label(text=translated(f"Mapping ({len(settings.rows)})" if len(settings.rows) else "Mapping"))
    if body is None:
        return
    row = body.row(align=True)
    row.prop(settings, "preset", text="", icon="PRESET")
    row.operator("facsimile.load_mapping", text="", icon="IMPORT")
    row.operator("facsimile.save_mapping", text="", icon="EXPORT")
    row.operator("facsimile.remove_mapping", text="", icon="REMOVE")
    body.prop(settings, "search", text="", icon="VIEWZOOM", placeholder="Search")
    body.template_list("FACSIMILE_UL_controls", "", settings, "rows", settings, "row", rows=6)
    if 0 <= settings.row < len(settings.rows):
        row = settings.rows[settings.row]
        use = row.bl_rna.properties["use"].enum_items[row.use].name
        draw_text(body, context, f"{translated(use)}: {translated(row.why or 'not decided yet')}", "INFO")
        # Names of bones and what they follow are often wider than their columns.
        column = body.column(align=True)
        column.label(text=row.name, translate=False)
        if row.use == FOLLOW:
            column.prop(row, "follows", text="")


def draw_button(layout: bpy.types.UILayout, context: bpy.types.Context, settings: bpy.types.PropertyGroup) -> None:
    """The button, or the progress of what it started."""
    # Here and not above: switching the add-on on must not wait for it.
    from .character import face_meshes

    chosen = RIG.running is not None or bool(face_meshes(context))
    if not chosen:
        draw_text(layout, context, "Select the meshes of the face, or the rig that moves them.", "INFO")
    row = layout.row(align=True)
    row.scale_y = 1.4
    if RIG.running is not None:
        progress = RIG.running.progress
        row.progress(factor=progress.fraction, text=translated(progress.text), type="BAR")
        row.operator("facsimile.cancel_retarget", text="", icon="CANCEL")
        return
    if PERFORMING.step is not None:
        row.progress(factor=PERFORMING.step.fraction, text=translated(PERFORMING.step.text), type="BAR")
        row.operator("facsimile.cancel_clone", text="", icon="CANCEL")
        return
    row.enabled = chosen and bool(settings.filepath or PERFORMING.take)
    button = row.operator("facsimile.retarget", icon="CON_ARMATURE")
    button.filepath = settings.filepath
    copy_performance(settings, button, ControlProperties)


def draw_refusal(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Why the last of it did not end well."""
    if RIG.refusal is not None:
        box = layout.box().column()
        draw_text(box, context, RIG.refusal.sentence, "ERROR")
        draw_text(box, context, RIG.refusal.cure, "BLANK1")


def draw_residual(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What the controls missed, in millimetres and as a share of the motion."""
    # Here and not above: switching the add-on on must not wait for it.
    from .residual import share_missed

    assert RIG.result is not None
    for number, line in enumerate(RIG.told):
        draw_text(layout, context, line, "INFO" if number else "CHECKMARK")
    column = layout.box().column(align=True)
    for name, missed, share in share_missed(RIG.result):
        row = column.row()
        row.label(text=translated(name.capitalize()), icon="BLANK1")
        end = row.row()
        end.alignment = "RIGHT"
        end.label(text=translated(f"{missed:.2f} mm, {share:.0%}"))
    for note in RIG.result.study.notes[:6]:
        draw_text(column, context, note, "DOT")
    row = layout.row(align=True)
    row.operator("facsimile.show_residual", text="Colour", icon="COLOR").strip = False
    strip = row.operator("facsimile.show_residual", text="Curves", icon="GRAPH")
    strip.colour, strip.strip = False, True


CLASSES = (FACSIMILE_UL_controls, FACSIMILE_PT_controls, FACSIMILE_PT_missed)
