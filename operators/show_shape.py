"""Shows one shape in the viewport, for as long as somebody looks."""

import bpy

from ..addon.record import has_shapes
from ..addon.reviewing import LOOK
from ..addon.selection import selected_meshes, why_not_remove
from ..addon.session import redraw


class FACSIMILE_OT_show_shape(bpy.types.Operator):
    """Show this shape at full strength on the selected meshes. Esc, or another click, goes back to what was shown"""

    bl_idname = "facsimile.show_shape"
    bl_label = "Show Shape"
    bl_options = {"INTERNAL"}

    shape: bpy.props.StringProperty(name="Shape", description="The name of the shape key", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_remove(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        waiting = bool(LOOK.name)
        self.execute(context)
        # Whoever shows the first shape waits for Esc; the clicks on others do not.
        if waiting or not LOOK.name:
            return {"FINISHED"}
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not LOOK.name:
            return {"FINISHED"}
        if event.type == "ESC" and event.value == "PRESS":
            LOOK.end()
            redraw()
            return {"FINISHED"}
        return {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator: its window closes or another file is opened."""
        LOOK.end()

    def execute(self, context: bpy.types.Context) -> set[str]:
        LOOK.at([item for item in selected_meshes(context) if has_shapes(item)], self.shape)
        redraw()
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_show_shape,)
