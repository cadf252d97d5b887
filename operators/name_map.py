"""Adds and removes maps of key names."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.names import CUSTOM, presets, remove_preset, save_preset
from ..addon.translation import tell
from ..backend.errors import Refusal


class FACSIMILE_OT_add_names(bpy.types.Operator, ImportHelper):
    """Save a map of key names as a preset, from a JSON file such as {"jawOpen": "Jaw_Open"}"""

    bl_idname = "facsimile.add_names"
    bl_label = "Add Name Map"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.facsimile
        try:
            settings.name_map = save_preset(Path(bpy.path.abspath(self.filepath)))
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        settings.names = CUSTOM
        return {"FINISHED"}


class FACSIMILE_OT_remove_names(bpy.types.Operator):
    """Delete the chosen map of key names from the presets. Keys that have these names keep them"""

    bl_idname = "facsimile.remove_names"
    bl_label = "Remove Name Map"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene.facsimile.name_map in presets():
            return True
        cls.poll_message_set("No saved map is chosen.")
        return False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.facsimile
        try:
            remove_preset(settings.name_map)
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        settings.name_map = ""
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_add_names, FACSIMILE_OT_remove_names)
