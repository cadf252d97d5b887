"""Cancels a job that runs or waits, and puts away what the last one left in the panel."""

import bpy

from ..addon.session import SESSION, Phase, redraw


class FACSIMILE_OT_cancel(bpy.types.Operator):
    """Cancel. Nothing in the scene has been changed yet"""

    bl_idname = "facsimile.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    turn: bpy.props.IntProperty(
        name="Turn", description="Which of the jobs: 0 is the one that runs", min=0, options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return SESSION.phase is Phase.RUNNING

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.turn < len(SESSION.tasks):
            SESSION.queue.cancel(SESSION.tasks[self.turn].job)
        return {"FINISHED"}


class FACSIMILE_OT_dismiss(bpy.types.Operator):
    """Put this message away"""

    bl_idname = "facsimile.dismiss"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return SESSION.phase is not Phase.RUNNING

    def execute(self, context: bpy.types.Context) -> set[str]:
        SESSION.forget()
        redraw()
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_cancel, FACSIMILE_OT_dismiss)
