"""Moves a head to where it was fitted again, as one undo step."""

import bpy

from ..addon.fit_properties import FOOTAGE
from ..addon.performing import PERFORMING
from ..addon.translation import tell, translated
from ..backend.errors import Refusal


class FACSIMILE_OT_write_correction(bpy.types.Operator):
    """Move a fitted head, its keys and its cameras to where they were fitted again"""

    bl_idname = "facsimile.write_correction"
    bl_label = "Correct Points"
    bl_options = {"INTERNAL", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return PERFORMING.corrected is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.correcting import write_correction

        assert PERFORMING.corrected is not None
        try:
            told = write_correction(PERFORMING.corrected)
        except Refusal as refusal:
            PERFORMING.end(refusal=refusal, by=FOOTAGE)
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        for line in told:
            self.report({"INFO"}, translated(line))
        PERFORMING.end(told=told, by=FOOTAGE)
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_write_correction,)
