"""The panel that makes faces of photographs and films."""

import bpy

from .fit_properties import FOOTAGE, HEAD
from .performance_panel import draw_end, draw_progress
from .performing import PERFORMING
from .sidebar import Sidebar


class FACSIMILE_PT_fit(Sidebar, bpy.types.Panel):
    """Makes a head, or a performance, of footage"""

    bl_label = "Photo and Film"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.facsimile_fit
        column = layout.column()
        column.enabled = PERFORMING.step is None
        column.row().prop(settings, "target", expand=True)
        body = column.column()
        body.use_property_split = True
        body.use_property_decorate = False
        if settings.target == HEAD:
            body.prop(settings, "texture")
            body.prop(settings, "match")
        draw_end(layout, context, FOOTAGE)
        if PERFORMING.step is not None:
            draw_progress(layout)
            return
        row = layout.row(align=True)
        row.scale_y = 1.4
        # Without a file they open the file browser.
        row.operator("facsimile.fit_photo", icon="IMAGE_DATA").filepath = ""
        row.operator("facsimile.fit_video", icon="FILE_MOVIE").filepath = ""


CLASSES = (FACSIMILE_PT_fit,)
