"""Adds a channel to those that have a gain of their own, and takes one away."""

import bpy

from ..addon import preview


class FACSIMILE_OT_add_channel(bpy.types.Operator):
    """Give one more channel a gain and an offset of its own"""

    bl_idname = "facsimile.add_channel"
    bl_label = "Add Channel"
    bl_options = {"INTERNAL", "UNDO"}

    of: bpy.props.StringProperty(
        name="Of", description="The scene's settings that have it", default="facsimile_performance", options={"HIDDEN"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        getattr(context.scene, self.of).channels.add().name = "jawOpen"
        return {"FINISHED"}


class FACSIMILE_OT_remove_channel(bpy.types.Operator):
    """Have this channel as it was recorded"""

    bl_idname = "facsimile.remove_channel"
    bl_label = "Remove Channel"
    bl_options = {"INTERNAL", "UNDO"}

    of: bpy.props.StringProperty(
        name="Of", description="The scene's settings that have it", default="facsimile_performance", options={"HIDDEN"}
    )
    index: bpy.props.IntProperty(name="Index", description="Which of them", min=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        getattr(context.scene, self.of).channels.remove(self.index)
        preview.refresh()
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_add_channel, FACSIMILE_OT_remove_channel)
