"""What operators share that measure a character's controls: step by step in a window, and at once in a script."""

from typing import TYPE_CHECKING, Any

import bpy

from ..addon.rig_state import RIG
from ..addon.session import redraw
from ..addon.translation import tell
from ..backend.errors import Refusal
from .build_shapes import over_sidebar

if TYPE_CHECKING:
    from ..addon.retarget_run import Run

TICK = 0.05
"""Seconds between two steps."""


class ControlSteps:
    """An operator that begins with what has to be done step by step, and finishes with its result."""

    timer: bpy.types.Timer | None = None
    # Blender evaluates annotations, so it cannot be the Run that is imported for the checker alone.
    mine: Any = None

    def begin(self, context: bpy.types.Context) -> "Run[Any] | None":
        """Have everything ready for the first step; None where nothing is to be measured. Raises Refusal."""
        raise NotImplementedError

    def finish(self, context: bpy.types.Context) -> None:
        """Do what the steps were for. Raises Refusal."""
        raise NotImplementedError

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            RIG.running = self.mine = self.begin(context)
            if self.mine is None:
                self.finish(context)
                return {"FINISHED"}
        except Refusal as refusal:
            return self.refuse(refusal)
        manager = context.window_manager
        self.timer = manager.event_timer_add(TICK, window=context.window)
        manager.modal_handler_add(self)
        redraw()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.mine is None or RIG.running is not self.mine:
            return self.leave(context, {"CANCELLED"})
        if event.type == "ESC" and event.value == "PRESS" and over_sidebar(context, event):
            RIG.stop()
            return self.leave(context, {"CANCELLED"})
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        redraw()
        try:
            if not self.mine.advance():
                return {"PASS_THROUGH"}
            self.finish(context)
        except Refusal as refusal:
            RIG.stop()
            self.leave(context, set())
            return self.refuse(refusal)
        RIG.running = None
        return self.leave(context, {"FINISHED"})

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator: its window closes or another file is opened."""
        if RIG.running is self.mine:
            RIG.stop()
        self.leave(context, set())

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The same, waiting for the end: for scripts and for Blender without a window."""
        try:
            mine = self.mine = self.begin(context)
        except Refusal as refusal:
            return self.refuse(refusal)
        RIG.running = mine
        try:
            if mine is not None:
                mine.finish()
            self.finish(context)
        except Refusal as refusal:
            return self.refuse(refusal)
        finally:
            RIG.stop()
        return {"FINISHED"}

    def refuse(self, refusal: Refusal) -> set[str]:
        """Show a refusal, here and in the panel."""
        RIG.refusal = refusal
        self.report({"ERROR"}, tell(refusal))
        redraw()
        return {"CANCELLED"}

    def leave(self, context: bpy.types.Context, result: set[str]) -> set[str]:
        """Remove the timer and draw the panel a last time."""
        if self.timer is not None:
            context.window_manager.event_timer_remove(self.timer)
            self.timer = None
        redraw()
        return result
