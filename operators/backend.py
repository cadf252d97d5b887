"""Starts and stops the backend's process by hand, and shows its log."""

import sys
from pathlib import Path

import bpy

from ..addon.environment import PACKAGE, backend_python, missing_reason
from ..addon.session import SESSION, Phase, redraw
from ..addon.translation import tell, translated
from ..backend.errors import Refusal

TICK = 0.25


class FACSIMILE_OT_start_backend(bpy.types.Operator):
    """Start the backend now, to see whether it works. Otherwise it starts with the first job"""

    bl_idname = "facsimile.start_backend"
    bl_label = "Start Backend"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if backend_python() is None:
            cls.poll_message_set(translated(f"{missing_reason()}."))
            return False
        if SESSION.queue.running:
            cls.poll_message_set("It is running.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            SESSION.queue.start()
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        if not bpy.app.timers.is_registered(await_hello):
            bpy.app.timers.register(await_hello, first_interval=TICK)
        return {"FINISHED"}


class FACSIMILE_OT_stop_backend(bpy.types.Operator):
    """End the backend's process and give its memory back. It starts again with the next job"""

    bl_idname = "facsimile.stop_backend"
    bl_label = "Stop Backend"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if SESSION.phase is Phase.RUNNING:
            cls.poll_message_set("A job is running.")
            return False
        return SESSION.queue.running

    def execute(self, context: bpy.types.Context) -> set[str]:
        SESSION.queue.stop()
        redraw()
        return {"FINISHED"}


class FACSIMILE_OT_open_log(bpy.types.Operator):
    """Write the backend's last messages to a file and open it"""

    bl_idname = "facsimile.open_log"
    bl_label = "Open Log"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        about = f"Blender {bpy.app.version_string}, Python {sys.version.split()[0]}, {sys.platform}\n"
        try:
            path = Path(bpy.utils.extension_path_user(PACKAGE, create=True)) / "backend.log"
            path.write_text(about + "\n".join(SESSION.queue.log) + "\n", encoding="utf-8")
        except OSError as error:
            text = f"The log cannot be written ({error}). Make room or give write access there."
            self.report({"ERROR"}, translated(text))
            return {"CANCELLED"}
        self.report({"INFO"}, translated(f"The log is {path}"))
        if not bpy.app.background:
            bpy.ops.wm.path_open(filepath=str(path))
        return {"FINISHED"}


def await_hello() -> float | None:
    """Look for the backend's first word until it has come or the backend has ended."""
    if SESSION.phase is Phase.RUNNING:
        return None
    SESSION.queue.poll()
    redraw()
    return TICK if SESSION.queue.running and not SESSION.queue.hello else None


CLASSES = (FACSIMILE_OT_start_backend, FACSIMILE_OT_stop_backend, FACSIMILE_OT_open_log)


def unregister() -> None:
    if bpy.app.timers.is_registered(await_hello):
        bpy.app.timers.unregister(await_hello)
