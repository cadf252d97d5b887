"""Makes the backend's environment, mends it, and stops doing so."""

import bpy

from ..addon.session import redraw
from ..addon.setting_up import SETTING_UP, why_not_set_up
from ..addon.translation import tell, translated
from ..backend.errors import Refusal


class FACSIMILE_OT_set_up_backend(bpy.types.Operator):
    """Make the environment in which the backend computes, outside of Blender, and test it"""

    bl_idname = "facsimile.set_up_backend"
    bl_label = "Set Up Backend"
    bl_options = {"INTERNAL"}

    repair: bpy.props.BoolProperty(
        name="Repair", description="Remove the environment first and make it from nothing", options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        if properties.repair:
            return "Remove the environment and everything that was fetched for it, and make it again"
        return cls.__doc__ or ""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_set_up()
        if reason:
            cls.poll_message_set(translated(f"{reason}."))
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            SETTING_UP.set_up(self.repair)
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        redraw()
        if SETTING_UP.refusal is not None:
            self.report({"ERROR"}, tell(SETTING_UP.refusal))
            return {"CANCELLED"}
        return {"FINISHED"}


class FACSIMILE_OT_cancel_set_up(bpy.types.Operator):
    """Stop. What has been fetched is kept, and Set Up Backend goes on from there"""

    bl_idname = "facsimile.cancel_set_up"
    bl_label = "Stop"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return SETTING_UP.running

    def execute(self, context: bpy.types.Context) -> set[str]:
        if SETTING_UP.worker is not None:
            SETTING_UP.worker.cancel()
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_set_up_backend, FACSIMILE_OT_cancel_set_up)
