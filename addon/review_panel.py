"""The thumbnails of the shapes, in the sidebar."""

import bpy

from .panel import draw_refusal
from .record import has_shapes
from .reviewing import LOOK
from .selection import selected_meshes
from .sidebar import Sidebar
from .thumbnails import THUMBNAILS
from .translation import translated

SCALE = 5.0
"""Height of a thumbnail in lines of the interface."""

WIDTH = 110
"""Pixels of a column, at scale 1."""


class FACSIMILE_PT_thumbnails(Sidebar, bpy.types.Panel):
    """Shows what the face shapes look like"""

    bl_label = "Thumbnails"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return any(has_shapes(item) for item in selected_meshes(context))

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        shown = THUMBNAILS.show([item for item in selected_meshes(context) if has_shapes(item)])
        # The button stays where it is: Blender lights up what takes the place of one that was clicked.
        row = layout.row(align=True)
        row.operator(
            "facsimile.draw_thumbnails", text="Draw Again" if shown else "Draw Thumbnails", icon="RENDERLAYERS"
        )
        if shown:
            row.operator("facsimile.forget_thumbnails", text="", icon="X")
            draw_grid(layout, context)
        elif THUMBNAILS.job is not None:
            row = layout.row(align=True)
            row.progress(factor=THUMBNAILS.job.fraction, text=translated(THUMBNAILS.job.text or "Waiting"), type="BAR")
            row.operator("facsimile.forget_thumbnails", text="", icon="CANCEL")
        elif THUMBNAILS.refusal is not None:
            draw_refusal(layout, context, THUMBNAILS.refusal)


def draw_grid(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """A picture and a button for each shape, in as many columns as there is room for."""
    width = context.region.width if context.region else 2 * WIDTH
    columns = max(1, int(width / (WIDTH * context.preferences.system.ui_scale)))
    grid = layout.grid_flow(row_major=True, columns=columns, even_columns=True, even_rows=True, align=True)
    for name in THUMBNAILS.names:
        cell = grid.column(align=True)
        cell.template_icon(THUMBNAILS.icons[name], scale=SCALE)
        button = cell.operator("facsimile.show_shape", text=name, translate=False, depress=name == LOOK.name)
        button.shape = name


CLASSES = (FACSIMILE_PT_thumbnails,)
