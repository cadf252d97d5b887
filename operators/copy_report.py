"""Puts what a question about the backend should say onto the clipboard."""

import sys

import bpy

from ..addon.environment import backend_python, finished, folders, machine, missing_reason
from ..addon.session import SESSION
from ..addon.setting_up import SETTING_UP
from ..backend import VERSION
from ..backend.errors import Refusal


class FACSIMILE_OT_copy_report(bpy.types.Operator):
    """Copy versions, device, findings and the ends of the logs to the clipboard, without your name and passwords"""

    bl_idname = "facsimile.copy_report"
    bl_label = "Copy Report"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.clipboard = backend_report()
        self.report({"INFO"}, "The report is on the clipboard")
        return {"FINISHED"}


def backend_report() -> str:
    """The report about this session."""
    from ..addon.setup.finished import read_finished
    from ..addon.setup.report import report

    made = finished()
    tested = read_finished(folders().environment(made[0])) if made else None
    try:
        plan = "; ".join(SETTING_UP.plan().lines())
    except Refusal as refusal:
        plan = str(refusal)
    facts = {
        "Facsimile": VERSION,
        "Blender": f"{bpy.app.version_string}, Python {sys.version.split()[0]}, {sys.platform}",
        "Online access": "on" if bpy.app.online_access else "off",
        "Machine": f"{machine().system} {machine().processor}, {machine().text}",
        "Plan": plan,
        "Python": str(backend_python() or missing_reason()),
        "Backend": SESSION.backend_line,
        "Set-up": str(SETTING_UP.refusal or "no error"),
    }
    log = SETTING_UP.worker.log if SETTING_UP.worker else ()
    return report(facts, tested.findings if tested else (), {"Set-up log": tuple(log), "Log": tuple(SESSION.queue.log)})


CLASSES = (FACSIMILE_OT_copy_report,)
