"""Mirrors what the user has sculpted onto the active key."""

import bpy

from ..addon.record import recorded_names
from ..addon.thumbnails import THUMBNAILS
from ..addon.translation import tell, translated
from ..backend.errors import Refusal


class FACSIMILE_OT_mirror_changes(bpy.types.Operator):
    """Give the other side of the face what you have sculpted onto the active shape key"""

    bl_idname = "facsimile.mirror_changes"
    bl_label = "Mirror Changes"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        item = context.object
        if item is None or item.type != "MESH" or item.active_shape_key is None:
            cls.poll_message_set("The active object has no shape keys.")
        elif item.mode != "OBJECT":
            cls.poll_message_set("Switch to Object Mode.")
        elif item.active_shape_key.name not in recorded_names(item.data.shape_keys):
            cls.poll_message_set("The active shape key is not one that Facsimile has built.")
        else:
            return True
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.mirroring import mirror_changes

        item = context.object
        if item is None or item.active_shape_key is None:
            return {"CANCELLED"}
        THUMBNAILS.forget()
        try:
            changed = mirror_changes(item, item.active_shape_key.name)
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        self.report({"INFO"}, translated(f"{changed} has the changes too"))
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_mirror_changes,)
