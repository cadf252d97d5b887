"""Adds a channel to those that have a gain of their own, and takes one away."""

import bpy


class FACSIMILE_OT_add_channel(bpy.types.Operator):
    """Give one more channel a gain and an offset of its own"""

    bl_idname = "facsimile.add_channel"
    bl_label = "Add Channel"
    bl_options = {"INTERNAL", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.facsimile_performance.channels.add().name = "jawOpen"
        return {"FINISHED"}


class FACSIMILE_OT_remove_channel(bpy.types.Operator):
    """Have this channel as it was recorded"""

    bl_idname = "facsimile.remove_channel"
    bl_label = "Remove Channel"
    bl_options = {"INTERNAL", "UNDO"}

    index: bpy.props.IntProperty(name="Index", description="Which of them", min=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.facsimile_performance.channels.remove(self.index)
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_add_channel, FACSIMILE_OT_remove_channel)
