"""Builds the face shapes of the selected meshes."""

import bpy

from ..addon.job_state import JobState
from ..addon.properties import BuildProperties, WriteProperties, as_properties, build_options, write_options
from ..addon.selection import selected_meshes, why_not_build
from ..addon.session import SESSION, Task, redraw, settle
from ..addon.status_bar import show_status
from ..addon.translation import tell, translated
from ..backend.errors import Refusal

TICK = 0.1
"""Seconds between two looks at the backend."""


class FACSIMILE_OT_build_shapes(BuildProperties, WriteProperties, bpy.types.Operator):
    """Give the selected meshes of one head the shape keys of a face that acts"""

    # It has no UNDO of its own: the keys are written by facsimile.write_shapes, in one step, when they are there.
    bl_idname = "facsimile.build_shapes"
    bl_label = "Build Face Shapes"
    bl_options = {"REGISTER"}

    timer: bpy.types.Timer | None = None
    task: Task | None = None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_build(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.task = self.begin(context)
        if self.task is None:
            return {"CANCELLED"}
        manager = context.window_manager
        self.timer = manager.event_timer_add(TICK, window=context.window)
        manager.modal_handler_add(self)
        show_status(status())
        redraw()
        return {"RUNNING_MODAL"}

    def begin(self, context: bpy.types.Context) -> Task | None:
        """Send the selected meshes to the backend, or say why they cannot be."""
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.scene_read import read_head

        chosen = selected_meshes(context)
        try:
            return SESSION.begin(read_head(chosen), build_options(self), write_options(self))
        except Refusal as refusal:
            SESSION.refuse(refusal, [item.name for item in chosen])
            self.report({"ERROR"}, tell(refusal))
            redraw()
            return None

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        task = self.task
        if task is None or task not in SESSION.tasks:
            return self.leave(context, {"CANCELLED"})
        if event.type == "ESC" and event.value == "PRESS" and SESSION.task is task and over_sidebar(context, event):
            SESSION.queue.cancel(task.job)
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if SESSION.queue.poll() or task.job.final:
            redraw()
            show_status(status())
        if not task.job.final:
            return {"PASS_THROUGH"}
        return self.leave(context, self.conclude(task))

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator: its window closes or another file is opened."""
        if self.task in SESSION.tasks:
            SESSION.queue.cancel(self.task.job)
            SESSION.end(self.task)
        self.leave(context, set())

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The same, waiting for the end: for scripts and for Blender without a window."""
        task = self.begin(context)
        if task is None:
            return {"CANCELLED"}
        try:
            SESSION.queue.run(task.job)
        except KeyboardInterrupt:
            SESSION.forget()
            raise
        return self.conclude(task)

    def conclude(self, task: Task) -> set[str]:
        """Write what a job that is final has built, or say why there is nothing."""
        refusal = settle(task, write_as_one_step)
        if refusal is not None:
            self.report({"ERROR"}, tell(refusal))
        redraw()
        return {"FINISHED"} if refusal is None and task.job.state is JobState.DONE else {"CANCELLED"}

    def leave(self, context: bpy.types.Context, result: set[str]) -> set[str]:
        """Remove the timer and draw the panel a last time."""
        if self.timer is not None:
            context.window_manager.event_timer_remove(self.timer)
            self.timer = None
        show_status(status())
        redraw()
        return result


def write_as_one_step() -> None:
    """Write the keys through the operator that makes an undo step, where there is undo."""
    assert SESSION.ready is not None
    chosen = as_properties(SESSION.ready.options)
    bpy.ops.facsimile.write_shapes("EXEC_DEFAULT", not bpy.app.background, **chosen)


def status() -> str:
    """What the status bar says of the jobs; empty without any."""
    if SESSION.task is None:
        return ""
    waiting = len(SESSION.tasks) - 1
    text = f"{translated(SESSION.text(SESSION.task))}   {SESSION.fraction:.0%}"
    return f"{text}   {translated(f'{waiting} waiting')}" if waiting else text


def over_sidebar(context: bpy.types.Context, event: bpy.types.Event) -> bool:
    """Whether the mouse is on a 3D view's sidebar: Escape anywhere else means something else."""
    return any(
        region.x <= event.mouse_x < region.x + region.width and region.y <= event.mouse_y < region.y + region.height
        for area in context.window.screen.areas
        if area.type == "VIEW_3D"
        for region in area.regions
        if region.type == "UI"
    )


CLASSES = (FACSIMILE_OT_build_shapes,)
