"""Draws the shapes of the selected meshes as thumbnails."""

import bpy

from ..addon.reviewing import LOOK
from ..addon.selection import selected_meshes, why_not_remove
from ..addon.session import SESSION, redraw
from ..addon.thumbnails import THUMBNAILS, take_when_done
from ..addon.translation import tell
from ..backend.errors import Refusal


class FACSIMILE_OT_draw_thumbnails(bpy.types.Operator):
    """Draw a small picture of every face shape of the selected meshes, the weakest first"""

    # Nothing of the scene is changed, so there is nothing to undo.
    bl_idname = "facsimile.draw_thumbnails"
    bl_label = "Draw Thumbnails"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = "The thumbnails are being drawn." if THUMBNAILS.running else why_not_remove(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            THUMBNAILS.begin(selected_meshes(context))
        except Refusal as refusal:
            return self.refuse(refusal)
        take_when_done()
        redraw()
        return {"FINISHED"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The same, waiting for the end: for scripts and for Blender without a window."""
        try:
            SESSION.queue.run(THUMBNAILS.begin(selected_meshes(context)))
        except Refusal as refusal:
            return self.refuse(refusal)
        THUMBNAILS.take()
        return self.refuse(THUMBNAILS.refusal) if THUMBNAILS.refusal is not None else {"FINISHED"}

    def refuse(self, refusal: Refusal) -> set[str]:
        """Show a refusal."""
        self.report({"ERROR"}, tell(refusal))
        redraw()
        return {"CANCELLED"}


class FACSIMILE_OT_forget_thumbnails(bpy.types.Operator):
    """Stop drawing thumbnails, or put them away"""

    bl_idname = "facsimile.forget_thumbnails"
    bl_label = "Put Away"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        LOOK.end()
        THUMBNAILS.forget()
        redraw()
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_draw_thumbnails, FACSIMILE_OT_forget_thumbnails)
