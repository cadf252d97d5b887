"""What operators share that need a capture file: in a window they wait for a large one without holding it up."""

from pathlib import Path
from typing import Any

import bpy

from ..addon.performing import PERFORMING
from ..addon.session import redraw
from ..addon.translation import tell
from ..backend.errors import Refusal
from .build_shapes import TICK, over_sidebar


class WaitsForFile:
    """An operator whose invoke may end with execute_when_read; one with steps of its own uses what that is made of."""

    # Blender evaluates annotations, and the class is imported where it is needed alone.
    reading: Any = None
    ticks: bpy.types.Timer | None = None

    def execute_when_read(self, context: bpy.types.Context, filepath: str) -> set[str]:
        """What invoke returns for an operator that needs a file, by its path in Blender's spelling, or none."""
        try:
            waits = self.waits_for(context, filepath)
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        return {"RUNNING_MODAL"} if waits else self.execute(context)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return self.waits(context, event) or self.execute(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator: its window closes or another file is opened."""
        self.stop_waiting(context)

    def waits_for(self, context: bpy.types.Context, filepath: str) -> bool:
        """Begin to read a file, by its path in Blender's spelling; False where nothing has to be waited for. Raises
        Refusal where something else is being read."""
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.reading import begin_reading
        from ..addon.steps import Step

        path = Path(bpy.path.abspath(filepath))
        reading = begin_reading(path) if filepath else None
        if reading is None:
            return False
        PERFORMING.begin(Step(0.0, f"Reading {path.name}"))
        self.reading = reading
        self.ticks = context.window_manager.event_timer_add(TICK, window=context.window)
        context.window_manager.modal_handler_add(self)
        redraw()
        return True

    def waits(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """What modal returns for an event while the file is read; empty when it is there and the operator goes on."""
        if event.type == "ESC" and event.value == "PRESS" and over_sidebar(context, event):
            PERFORMING.stopped = True
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if not PERFORMING.stopped and not self.reading.done:
            return {"PASS_THROUGH"}
        stopped = PERFORMING.stopped
        self.stop_waiting(context)
        return {"CANCELLED"} if stopped else set()

    def stop_waiting(self, context: bpy.types.Context) -> None:
        """Let the file be, whether it was read or not."""
        if self.ticks is not None:
            context.window_manager.event_timer_remove(self.ticks)
        if self.reading is not None:
            PERFORMING.end()
        self.reading = self.ticks = None
        redraw()
