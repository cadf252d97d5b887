"""Writes the shapes that the backend has built, as one undo step."""

import bpy

from ..addon.properties import WriteProperties, write_options
from ..addon.reviewing import LOOK
from ..addon.session import SESSION
from ..addon.thumbnails import THUMBNAILS
from ..backend.errors import Refusal


class FACSIMILE_OT_write_shapes(WriteProperties, bpy.types.Operator):
    """Write the face shapes that were built onto their meshes"""

    bl_idname = "facsimile.write_shapes"
    bl_label = "Build Face Shapes"
    # Registered, so that the redo panel writes the same shapes with other strengths; no backend is asked again.
    bl_options = {"INTERNAL", "REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return SESSION.ready is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        LOOK.end()
        # A refusal is kept in the session and told by the operator that asked for the shapes.
        task = SESSION.ready
        assert task is not None
        try:
            SESSION.end(task, outcome=SESSION.write(write_options(self)))
        except Refusal as refusal:
            SESSION.end(task, refusal=refusal)
            return {"CANCELLED"}
        THUMBNAILS.forget()
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_write_shapes,)
