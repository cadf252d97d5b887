"""Has the selected meshes speak while the options of speech change, with nothing written."""

from pathlib import Path

import bpy

from ..addon import preview
from ..addon.performing import PERFORMING
from ..addon.selection import selected_meshes
from ..addon.speech_live import LIVE, NAME, advance, begin
from ..addon.speech_properties import SPEECH
from ..addon.translation import tell
from ..backend.errors import Refusal
from .speak import may_speak

PATIENCE = 0.05
"""Seconds that a script's step waits for the backend."""


class FACSIMILE_OT_speak_live(bpy.types.Operator):
    """Show on every frame how the face speaks while options change. Nothing is written; press again to leave"""

    bl_idname = NAME
    bl_label = "Live"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return preview.shown(NAME) or may_speak(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if preview.shown(NAME):
            LIVE.stop()
            preview.leave()
            return {"FINISHED"}
        path = Path(bpy.path.abspath(context.scene.facsimile_speech.filepath))
        PERFORMING.refusal = None
        if path.is_file():
            begin(tuple(item.name for item in selected_meshes(context)))
            while bpy.app.background and advance(PATIENCE):
                pass
        else:
            PERFORMING.end(refusal=Refusal("no-file", f"There is no file {path}.", "Check the path."), by=SPEECH)
        if PERFORMING.refusal is not None:
            self.report({"ERROR"}, tell(PERFORMING.refusal))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_speak_live,)
