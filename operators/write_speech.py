"""Has the selected meshes speak what was heard last, as one undo step."""

from pathlib import Path
from typing import Any, cast

import bpy

from ..addon.performance_properties import BakeProperties
from ..addon.performing import PERFORMING
from ..addon.selection import selected_meshes
from ..addon.speech_properties import SPEECH
from ..addon.translation import translated
from .write_take import write_and_tell


class FACSIMILE_OT_write_speech(BakeProperties, bpy.types.Operator):
    """Have the selected meshes speak what was heard last"""

    bl_idname = "facsimile.write_speech"
    bl_label = "Speak"
    bl_options = {"INTERNAL", "UNDO"}

    markers: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    strip: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return PERFORMING.spoken is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.animation import frame_rate
        from ..addon.speech_read import add_strip
        from ..addon.speech_timing import keep_timing, mark_words
        from ..addon.takes import Take

        spoken, scene = PERFORMING.spoken, cast(bpy.types.Scene, context.scene)
        assert spoken is not None
        path = Path(spoken.heard.path)
        take = Take(path.stem, spoken.motion, layers=spoken.layers)
        done = write_and_tell(self, context, take, selected_meshes(context), SPEECH)
        if "FINISHED" not in done:
            return done
        start: Any = self.start_frame
        keep_timing(spoken.heard, spoken.textgrid, spoken.words)
        if self.markers:
            mark_words(scene, spoken.words, start, frame_rate(scene.render))
        silent = self.strip and not add_strip(scene, path, start)
        notes = [f"How it was timed: {spoken.route}, confidence {spoken.confidence:.2f}", *spoken.notes]
        if silent:
            notes.append("This Blender is built without sound, so there is no strip")
        for line in notes:
            self.report({"INFO"}, translated(line))
        PERFORMING.told = (*PERFORMING.told, *notes)
        return done


CLASSES = (FACSIMILE_OT_write_speech,)
