"""Has the selected meshes speak a recording."""

from pathlib import Path
from typing import Any

import bpy

from ..addon.performance_properties import BakeProperties, as_arguments
from ..addon.performing import PERFORMING
from ..addon.selection import selected_meshes
from ..addon.session import SESSION
from ..addon.speech_properties import SPEECH, SpeechProperties, names_of_speech
from ..addon.speech_timing import heard_of, known_timing
from ..backend.errors import Refusal
from .stepping import Stepping

SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aiff", ".aif", ".opus")


def may_speak(operator: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Whether nothing is in the way of the selected meshes' speaking; what is becomes the operator's message."""
    if PERFORMING.step is not None:
        operator.poll_message_set("A performance is being read.")
        return False
    if any(item.data.shape_keys for item in selected_meshes(context)):
        return True
    operator.poll_message_set("Select a mesh that has face shapes.")
    return False


class FACSIMILE_OT_speak(Stepping, SpeechProperties, BakeProperties, bpy.types.Operator):
    """Have the selected meshes speak a recording of a voice"""

    # It has no UNDO of its own: the curves are written by facsimile.write_speech, in one step, when they are there.
    bl_idname = "facsimile.speak"
    bl_label = "Speak"
    bl_options = {"REGISTER"}

    shown_by = SPEECH
    filepath: bpy.props.StringProperty(
        name="Voice", description="A recording, or a film with sound", subtype="FILE_PATH"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return may_speak(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        settings = context.scene.facsimile_speech
        for name in names_of_speech():
            setattr(self, name, getattr(settings, name))
        if not self.filepath:
            self.filepath = settings.filepath
        return super().invoke(context, event)

    def begin(self, context: bpy.types.Context, patience: float) -> None:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.baking import keyed_data
        from ..addon.speech_read import speak, speech_request
        from ..addon.steps import Step

        path = Path(bpy.path.abspath(self.filepath))
        if not path.is_file():
            raise Refusal("no-file", f"There is no file {path}.", "Check the path.")
        if not keyed_data(selected_meshes(context)):
            raise Refusal("no-mesh", "No selected mesh has keys.", "Select the meshes that are to act.")
        start: Any = self.start_frame
        params, arrays = speech_request(self, context.scene, start)
        PERFORMING.begin(Step(0.0, "Starting"))
        self.steps = speak(SESSION.queue, patience, params, arrays)

    def finish(self, made: Any) -> set[str]:
        PERFORMING.spoken = made
        PERFORMING.end()
        chosen = as_arguments(self) | {"markers": self.markers, "strip": self.strip}
        return self.write(bpy.ops.facsimile.write_speech, **chosen)


class FACSIMILE_FH_voice(bpy.types.FileHandler):
    """Takes recordings that are dropped onto a 3D view."""

    bl_idname = "FACSIMILE_FH_voice"
    bl_label = "Facsimile Voice"
    bl_import_operator = "facsimile.speak"
    bl_file_extensions = ";".join(SUFFIXES)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D" and bool(selected_meshes(context))


class FACSIMILE_OT_time_anew(bpy.types.Operator):
    """Forget the words and phones of this recording, and what was changed of them by hand"""

    bl_idname = "facsimile.time_anew"
    bl_label = "Find Words Anew"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if known_timing(heard_of(context.scene.facsimile_speech)) is not None:
            return True
        cls.poll_message_set("The words of this recording are not known yet.")
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        block = known_timing(heard_of(context.scene.facsimile_speech))
        assert block is not None
        bpy.data.texts.remove(block)
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_speak, FACSIMILE_OT_time_anew, FACSIMILE_FH_voice)
