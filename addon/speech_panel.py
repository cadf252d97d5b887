"""The panel that has characters speak."""

from collections.abc import Sequence
from typing import Any

import bpy

from . import preview
from .bake_panel import folded
from .performance_panel import draw_end, draw_progress
from .performing import PERFORMING
from .sidebar import Sidebar
from .speech_live import NAME
from .speech_properties import EMOTIONS, LAYERS, SPEECH, STYLE
from .speech_timing import heard_of, known_timing


class FACSIMILE_PT_speech(Sidebar, bpy.types.Panel):
    """Has the selected meshes speak a recording"""

    bl_label = "Speech"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.facsimile_speech
        column = layout.column()
        column.enabled = PERFORMING.step is None
        column.prop(settings, "filepath", text="")
        column.prop(settings, "text", text="", icon="TEXT", placeholder="What is said, if you know it")
        body = column.column()
        body.use_property_split = True
        body.use_property_decorate = False
        body.prop(settings, "language")
        body.prop(settings, "mood")
        if settings.mood == "SET":
            draw_sliders(body, settings, EMOTIONS)
        body.prop(settings, "markers")
        body.prop(settings, "strip")
        body.prop(settings, "apart")
        timing = known_timing(heard_of(settings))
        if timing is not None:
            row = column.row(align=True)
            row.label(text=timing.name, icon="TEXT", translate=False)
            row.operator("facsimile.time_anew", text="", icon="X")
        life = folded(column, "facsimile_life", "Style and Life")
        if life is not None:
            draw_sliders(life, settings, STYLE)
            draw_sliders(life, settings, (*LAYERS, "seed"))
        if PERFORMING.step is not None:
            draw_progress(layout)
        else:
            row = layout.split(factor=0.7, align=True)
            row.scale_y = 1.4
            row.enabled = bool(settings.filepath)
            row.operator("facsimile.speak", icon="PLAY_SOUND").filepath = settings.filepath
            row.operator(NAME, icon="HIDE_OFF", depress=preview.shown(NAME))
        draw_end(layout, context, SPEECH)


def draw_sliders(layout: bpy.types.UILayout, settings: Any, names: Sequence[str]) -> None:
    """Settings one below the other."""
    column = layout.column(align=True)
    for name in names:
        column.prop(settings, name)


CLASSES = (FACSIMILE_PT_speech,)
