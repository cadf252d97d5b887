"""Saves, loads and deletes mappings of controls to channels."""

from collections.abc import Callable

import bpy

from ..addon.rig_presets import load_preset, presets, remove_preset, save_preset
from ..addon.rig_properties import fill_rows, row_entry
from ..addon.translation import tell
from ..backend.errors import Refusal


class FACSIMILE_OT_save_mapping(bpy.types.Operator):
    """Save what every control follows under the name beside the button, for other characters and files"""

    bl_idname = "facsimile.save_mapping"
    bl_label = "Save Mapping"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if len(context.scene.facsimile_rig.rows):
            return True
        cls.poll_message_set("There is no mapping yet. Animate the controls once, or load one.")
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.facsimile_rig
        return told(self, lambda: save_preset(settings.preset, {row.name: row_entry(row) for row in settings.rows}))


class FACSIMILE_OT_load_mapping(bpy.types.Operator):
    """Take over a saved mapping; controls that this character has not are left out"""

    bl_idname = "facsimile.load_mapping"
    bl_label = "Load Mapping"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return chosen(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.facsimile_rig

        def load() -> None:
            mapping = load_preset(settings.preset)
            fill_rows(settings, mapping, set(mapping))

        return told(self, load)


class FACSIMILE_OT_remove_mapping(bpy.types.Operator):
    """Delete the chosen mapping from the presets. What was animated with it stays"""

    bl_idname = "facsimile.remove_mapping"
    bl_label = "Remove Mapping"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return chosen(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return told(self, lambda: remove_preset(context.scene.facsimile_rig.preset))


def chosen(cls: type, context: bpy.types.Context) -> bool:
    """Whether a saved mapping is chosen."""
    if context.scene.facsimile_rig.preset in presets():
        return True
    cls.poll_message_set("No saved mapping is chosen.")
    return False


def told(operator: bpy.types.Operator, act: Callable[[], None]) -> set[str]:
    """Act, and say why where that is refused."""
    try:
        act()
    except Refusal as refusal:
        operator.report({"ERROR"}, tell(refusal))
        return {"CANCELLED"}
    return {"FINISHED"}


CLASSES = (FACSIMILE_OT_save_mapping, FACSIMILE_OT_load_mapping, FACSIMILE_OT_remove_mapping)
