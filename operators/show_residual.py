"""Shows what the character's controls cannot express."""

from typing import Any

import bpy

from ..addon.rig_state import RIG
from ..addon.translation import tell, translated
from ..backend.errors import Refusal


class FACSIMILE_OT_show_residual(bpy.types.Operator):
    """Colour the face by how far it is from the performance at this frame, or keep that as curves over time"""

    bl_idname = "facsimile.show_residual"
    bl_label = "Show Residual"
    bl_options = {"REGISTER", "UNDO"}

    colour: bpy.props.BoolProperty(
        name="Colour", description="A colour attribute on the meshes, for the current frame", default=True
    )
    strip: bpy.props.BoolProperty(
        name="Curves", description="Custom properties of the largest mesh, in millimetres, over the clip", default=False
    )
    full: bpy.props.FloatProperty(
        name="Red From", description="Millimetres from which on a vertex is red", default=3.0, min=0.01, soft_max=20.0
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if RIG.result is not None and RIG.result.aim is not None:
            return True
        cls.poll_message_set("Animate the controls of a character with a face first.")
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.animation import frame_rate
        from ..addon.residual import colour_residual, write_strip

        result, rate = RIG.result, frame_rate(context.scene.render)
        assert result is not None
        at = round((context.scene.frame_current_final - RIG.first) * result.fps / rate)
        at = min(max(at, 0), len(result.values) - 1)
        try:
            if self.colour:
                worst = colour_residual(result, at, self.full)
                show_attributes(context.space_data)
                self.report(
                    {"INFO"}, translated(f"At this frame the rig misses the performance by {worst:.2f} mm at most")
                )
            if self.strip:
                write_strip(result, RIG.first, rate)
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        return {"FINISHED"}


def show_attributes(space: Any) -> None:
    """Have a solid 3D view show colour attributes; a new one is not seen otherwise."""
    if isinstance(space, bpy.types.SpaceView3D) and space.shading.type == "SOLID":
        space.shading.color_type = "VERTEX"


CLASSES = (FACSIMILE_OT_show_residual,)
