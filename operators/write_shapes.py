"""Writes the shapes that the backend has built, as one undo step."""

import bpy

from ..addon.session import SESSION
from ..backend.errors import Refusal


class FACSIMILE_OT_write_shapes(bpy.types.Operator):
    """Write the face shapes that were built onto their meshes"""

    bl_idname = "facsimile.write_shapes"
    bl_label = "Build Face Shapes"
    bl_options = {"INTERNAL", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return SESSION.task is not None and SESSION.task.job.result is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        # A refusal is kept in the session and told by the operator that asked for the shapes.
        try:
            SESSION.end(outcome=SESSION.write())
        except Refusal as refusal:
            SESSION.end(refusal=refusal)
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_write_shapes,)
