"""What operators share whose work goes step by step: in a window it can be watched and cancelled, scripts wait."""

import time
from typing import Any

import bpy

from ..addon.performing import PERFORMING
from ..addon.session import redraw
from ..addon.translation import tell
from ..backend.errors import Cancelled, Refusal
from .build_shapes import TICK, over_sidebar

AT_ONCE = 0.04
"""Seconds of work between two moments in which the window can be used."""


class Stepping:
    """An operator that has begin, which sets steps and lets PERFORMING begin, and finish, which takes what they made.
    They write nothing: the scene is changed by an operator of one undo step."""

    # Blender evaluates annotations, and the class is imported where it is needed alone.
    timer: bpy.types.Timer | None = None
    steps: Any = None
    shown_by = ""

    def begin(self, context: bpy.types.Context, patience: float) -> None:
        """Have everything ready for the first step. Raises Refusal."""
        raise NotImplementedError

    def finish(self, made: Any) -> set[str]:
        """Do what is to be done with what the steps made."""
        raise NotImplementedError

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            self.begin(context, 0.0)
        except Refusal as refusal:
            return self.refuse(refusal)
        self.timer = context.window_manager.event_timer_add(TICK / 2, window=context.window)
        context.window_manager.modal_handler_add(self)
        redraw()
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The same, waiting for the end: for scripts and for Blender without a window."""
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.steps import WAIT, run_steps

        try:
            self.begin(context, WAIT)
            assert self.steps is not None
            made = run_steps(self.steps, lambda step: setattr(PERFORMING, "step", step))
        except Refusal as refusal:
            return self.refuse(refusal)
        except Cancelled:
            PERFORMING.end()
            return {"CANCELLED"}
        finally:
            if PERFORMING.step is not None:
                PERFORMING.end()
        return self.finish(made)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC" and event.value == "PRESS" and over_sidebar(context, event):
            PERFORMING.stopped = True
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        assert self.steps is not None
        if PERFORMING.stopped:
            self.leave(context)
            return {"CANCELLED"}
        end = time.monotonic() + AT_ONCE
        try:
            while time.monotonic() < end:
                PERFORMING.step = next(self.steps)
        except StopIteration as stop:
            self.leave(context)
            return self.finish(stop.value)
        except Refusal as refusal:
            self.leave(context)
            return self.refuse(refusal)
        except Cancelled:
            self.leave(context)
            return {"CANCELLED"}
        redraw()
        return {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator: its window closes or another file is opened."""
        self.leave(context)

    def write(self, operator: Any, **chosen: Any) -> set[str]:
        """Change the scene by an operator that makes one undo step, where there is undo."""
        try:
            return operator("EXEC_DEFAULT", not bpy.app.background, **chosen)
        except RuntimeError:
            # It has refused, and said so; what it has said is kept for the panel.
            return self.refuse(PERFORMING.refusal) if PERFORMING.refusal else {"CANCELLED"}

    def refuse(self, refusal: Refusal) -> set[str]:
        """Show a refusal, here and in the panel."""
        PERFORMING.end(refusal=refusal, by=self.shown_by)
        self.report({"ERROR"}, tell(refusal))
        redraw()
        return {"CANCELLED"}

    def leave(self, context: bpy.types.Context) -> None:
        """End the reading wherever it is: the scene's frame comes back, and the backend's job is cancelled."""
        if self.steps is not None:
            self.steps.close()
            self.steps = None
        if self.timer is not None:
            context.window_manager.event_timer_remove(self.timer)
            self.timer = None
        PERFORMING.end()
        redraw()
