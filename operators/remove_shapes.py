"""Removes what we added to the selected meshes."""

import bpy

from ..addon.counting import counted
from ..addon.record import has_shapes
from ..addon.reviewing import LOOK
from ..addon.selection import selected_meshes, why_not_remove
from ..addon.session import redraw
from ..addon.thumbnails import THUMBNAILS
from ..addon.translation import tell, translated
from ..backend.errors import Refusal


class FACSIMILE_OT_remove_shapes(bpy.types.Operator):
    """Remove the keys and drivers that Facsimile added to the selected meshes, and nothing else"""

    bl_idname = "facsimile.remove_shapes"
    bl_label = "Remove Face Shapes"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_remove(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.removal import forget_face, remove_shapes

        LOOK.end()
        THUMBNAILS.forget()
        try:
            removed = [remove_shapes(item) for item in own_meshes(selected_meshes(context))]
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        # Hair and the like have got no keys, and were taken for something all the same.
        for item in selected_meshes(context):
            forget_face(item)
        left = sorted({name for one in removed for name in one.left})
        if left:
            self.report(
                {"WARNING"},
                translated(f"Locked keys, and keys that you have made yourself since, stay: {', '.join(left)}"),
            )
        restored = sum(one.restored for one in removed)
        said = counted(sum(one.keys for one in removed), "1 key removed", "{} keys removed")
        said += f", {restored} restored" if restored else ""
        self.report({"INFO"}, translated(said))
        redraw()
        return {"FINISHED"}


def own_meshes(objects: list[bpy.types.Object]) -> list[bpy.types.Object]:
    """Those with keys of ours, one for each mesh: two objects may show the same one."""
    return list({item.data.session_uid: item for item in objects if has_shapes(item)}.values())


CLASSES = (FACSIMILE_OT_remove_shapes,)
