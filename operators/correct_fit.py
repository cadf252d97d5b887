"""A fitted head fitted again, with landmarks of its photographs put right."""

from typing import Any

import bpy

from ..addon.fit_properties import FOOTAGE
from ..addon.fitted_head import head_of, why_not_correct
from ..addon.performing import PERFORMING
from ..addon.session import SESSION
from .stepping import Stepping


class FacsimilePoint(bpy.types.PropertyGroup):
    """A landmark put right. Its name is that of the photograph's camera; empty for the first one's. Scripts give all of
    these."""

    landmark: bpy.props.IntProperty(name="Landmark", description="The detector's number, 0 to 477", min=0)
    x: bpy.props.FloatProperty(name="X", description="Pixels from the picture's left side")
    y: bpy.props.FloatProperty(name="Y", description="Pixels from the picture's upper side")
    weight: bpy.props.FloatProperty(
        name="Weight", description="For how many landmarks that were found it counts; 0 for the usual 64", min=0.0
    )


class OnPhotographs:
    """An operator for heads that were fitted to photographs."""

    @classmethod
    def poll(cls: Any, context: bpy.types.Context) -> bool:
        reason = why_not_correct(context.object)
        if reason:
            cls.poll_message_set(reason)
        return not reason


class FACSIMILE_OT_correct_fit(OnPhotographs, Stepping, bpy.types.Operator):
    """Fit the active head again to its photographs, with landmarks that are put right"""

    # The scene is changed by facsimile.write_correction, in one step, when the fit is there.
    bl_idname = "facsimile.correct_fit"
    bl_label = "Correct Fit"
    bl_options = {"REGISTER"}

    points: bpy.props.CollectionProperty(type=FacsimilePoint, options={"HIDDEN", "SKIP_SAVE"})
    anew: bpy.props.BoolProperty(
        name="Anew",
        description="Forget what was corrected before; otherwise these points are added to it",
        options={"SKIP_SAVE"},
    )

    shown_by = FOOTAGE

    def begin(self, context: bpy.types.Context, patience: float) -> None:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.correcting import correct, corrected_views
        from ..addon.steps import Step

        head = head_of(context.object)
        assert head is not None
        points: dict[str, dict[int, tuple[float, float, float]]] = {}
        for one in self.points:
            points.setdefault(one.name, {})[one.landmark] = (one.x, one.y, one.weight)
        corrections = corrected_views(head, points, self.anew)
        PERFORMING.begin(Step(0.0, "Starting"))
        self.steps = correct(SESSION.queue, patience, head, corrections)

    def finish(self, made: Any) -> set[str]:
        PERFORMING.corrected, PERFORMING.dragged = made, {}
        return self.write(bpy.ops.facsimile.write_correction)


CLASSES = (FacsimilePoint, FACSIMILE_OT_correct_fit)
