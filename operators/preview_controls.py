"""Shows one frame of the performance on a character's own controls while options and mapping are chosen."""

from typing import TYPE_CHECKING, Any

import bpy

from ..addon import preview
from ..addon.rig_properties import BAD_ROW, fill_rows, given_mapping
from ..addon.rig_state import RIG
from ..addon.session import SESSION, redraw
from ..backend.errors import Refusal
from .control_steps import ControlSteps
from .retarget import selected_character

if TYPE_CHECKING:
    from ..addon.retarget_run import Run
    from ..addon.studying import Study


class FACSIMILE_OT_preview_controls(ControlSteps, bpy.types.Operator):
    """Measure the character's controls, and show one frame on them while options change. Press again to leave"""

    bl_idname = "facsimile.preview_controls"
    bl_label = "Preview"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return {"FINISHED"} if self.left() else super().invoke(context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return {"FINISHED"} if self.left() else super().execute(context)

    def left(self) -> bool:
        """Whether a preview was there, which is over."""
        if not preview.shown(self.bl_idname):
            return False
        preview.leave()
        redraw()
        return True

    def begin(self, context: bpy.types.Context) -> "Run[Study] | None":
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.performance_source import take_at_hand
        from ..addon.retarget_run import Run
        from ..addon.studying import studying

        character = selected_character(context)
        settings = context.scene.facsimile_rig
        take, given = take_at_hand(settings.filepath), given_mapping(settings)
        if RIG.study is not None and RIG.study.fits(character):
            return None
        return Run(studying, character, take.motion, given, SESSION.queue)

    def finish(self, context: bpy.types.Context) -> None:
        settings = context.scene.facsimile_rig
        if self.mine is not None:
            RIG.study = self.mine.result
            assert RIG.study is not None
            fill_rows(settings, RIG.study.mapping, {row.name for row in settings.rows if row.edited})
        preview.enter(self.bl_idname, show_or_leave)
        if RIG.refusal is not None:
            raise RIG.refusal


def show_or_leave() -> None:
    """Show the frame anew, or say in the panel why there is none any more."""
    try:
        show_frame(bpy.context.scene.facsimile_rig)
    except Refusal as refusal:
        RIG.refusal = refusal
        if refusal.code == BAD_ROW:
            # It is being written: a row that is to follow says what in a second field.
            preview.show_again()
        else:
            preview.leave()
    else:
        RIG.refusal = None


def show_frame(settings: Any) -> None:
    """Show the frame that the panel says on the character that was measured last. Raises Refusal."""
    # Here and not above: switching the add-on on must not wait for it.
    from ..addon.control_preview import frame_motions
    from ..addon.motion import merged
    from ..addon.movements import movements
    from ..addon.performance_source import chosen_frame, take_at_hand
    from ..addon.puppet import meshes_of

    assert RIG.study is not None
    frame, options = chosen_frame(take_at_hand(settings.filepath), settings)
    moved = movements(frame, meshes_of(RIG.study.character), options)
    preview.show_motions(merged([*frame_motions(RIG.study, given_mapping(settings), frame), *moved]))


CLASSES = (FACSIMILE_OT_preview_controls,)
