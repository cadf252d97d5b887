"""Takes everything away that Set Up Backend has made."""

import bpy

from ..addon.environment import folders
from ..addon.session import redraw
from ..addon.setting_up import SETTING_UP, why_busy
from ..addon.translation import tell, translated
from ..backend.errors import Refusal


class FACSIMILE_OT_remove_backend(bpy.types.Operator):
    """Remove what Set Up Backend has made and fetched, for every Blender of this user"""

    bl_idname = "facsimile.remove_backend"
    bl_label = "Remove Backend"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_busy() or ("" if any(path.exists() for path in folders().own()) else "Nothing is set up")
        if reason:
            cls.poll_message_set(translated(f"{reason}."))
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        question = translated(f"Remove what is in {folders().root}?")
        return context.window_manager.invoke_confirm(
            self, event, title="Remove Backend", message=question, confirm_text="Remove"
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            SETTING_UP.remove()
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        redraw()
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_remove_backend,)
