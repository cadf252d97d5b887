"""Plays through the shapes of the selected meshes."""

import bpy

from ..addon.record import has_shapes
from ..addon.reviewing import Shown, restore, review_order, show_shape, shown_state
from ..addon.selection import selected_meshes, why_not_remove
from ..addon.translation import translated


class FACSIMILE_OT_review(bpy.types.Operator):
    """Play through the face shapes with their names, the weakest first. Esc ends it, the arrow keys go on and back"""

    # It leaves everything as it was, so there is nothing to undo.
    bl_idname = "facsimile.review"
    bl_label = "Review"
    bl_options = {"INTERNAL"}

    seconds: bpy.props.FloatProperty(
        name="Seconds", description="How long each shape is shown", default=1.2, min=0.2, max=10.0
    )

    timer: bpy.types.Timer | None = None
    names: list[str]
    state: tuple[Shown, ...] = ()
    at: int = 0

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_remove(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        objects = self.objects(context)
        self.names, self.state, self.at = review_order(objects), shown_state(objects), 0
        self.timer = context.window_manager.event_timer_add(self.seconds, window=context.window)
        context.window_manager.modal_handler_add(self)
        return self.show(context)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC":
            return self.leave(context, {"CANCELLED"})
        if event.type == "TIMER" or (event.value == "PRESS" and event.type in ("RIGHT_ARROW", "LEFT_ARROW")):
            self.at = max(0, self.at + (-1 if event.type == "LEFT_ARROW" else 1))
            return self.show(context)
        # Looking around is allowed, changing the scene is not.
        looks = event.type in ("MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "MOUSEMOVE")
        return {"PASS_THROUGH" if looks else "RUNNING_MODAL"}

    def show(self, context: bpy.types.Context) -> set[str]:
        """Show the shape whose turn it is."""
        objects = self.objects(context)
        if self.at >= len(self.names) or not objects:
            return self.leave(context, {"FINISHED"})
        name = self.names[self.at]
        show_shape(objects, name)
        where = f"{name}   {translated(f'{self.at + 1} of {len(self.names)}')}"
        context.workspace.status_text_set(f"{where}   {translated('Esc ends')}")
        if context.area is not None:
            context.area.header_text_set(where)
        return {"RUNNING_MODAL"}

    def objects(self, context: bpy.types.Context) -> list[bpy.types.Object]:
        """The selected meshes that have shapes of ours."""
        return [item for item in selected_meshes(context) if has_shapes(item)]

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator: its window closes or another file is opened."""
        self.leave(context, set())

    def leave(self, context: bpy.types.Context, result: set[str]) -> set[str]:
        """Restore what was shown."""
        if self.timer is not None:
            context.window_manager.event_timer_remove(self.timer)
            self.timer = None
        restore(self.state)
        context.workspace.status_text_set(None)
        if context.area is not None:
            context.area.header_text_set(None)
        return result


CLASSES = (FACSIMILE_OT_review,)
