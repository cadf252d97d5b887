"""Puts a performance onto a character's own controls."""

from typing import TYPE_CHECKING, Any

import bpy

from ..addon import preview
from ..addon.performance_properties import bake_options
from ..addon.rig_properties import ControlProperties, fill_rows, given_mapping
from ..addon.rig_state import RIG, Order
from ..addon.session import SESSION, Phase, redraw
from ..addon.translation import tell, translated
from ..backend.errors import Refusal
from .control_steps import ControlSteps

if TYPE_CHECKING:
    from ..addon.puppet import Character
    from ..addon.retarget_run import Run
    from ..addon.retargeting import Retargeted


class FACSIMILE_OT_retarget(ControlSteps, ControlProperties, bpy.types.Operator):
    """Animate the selected character's own controls - keys of any names, bones, properties - from a performance"""

    # It has no UNDO of its own: the curves are written by facsimile.write_retargeted, in one step, when they are there.
    bl_idname = "facsimile.retarget"
    bl_label = "Animate Controls"
    bl_options = {"REGISTER"}

    filepath: bpy.props.StringProperty(
        name="Performance", description="A Live Link Face .csv, a Face Cap .txt or a .npz", subtype="FILE_PATH"
    )

    def file(self, context: bpy.types.Context) -> str:
        return self.filepath

    def begin(self, context: bpy.types.Context) -> "Run[Retargeted]":
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.animation import frame_rate
        from ..addon.baking import as_wanted
        from ..addon.performance_source import take_at_hand
        from ..addon.retarget_run import Run
        from ..addon.retargeting import retargeting

        character = selected_character(context)
        take, options = take_at_hand(self.filepath), bake_options(self)
        motion = as_wanted(take.motion, options, frame_rate(context.scene.render))
        RIG.order = Order(take.name, motion, options)
        return Run(retargeting, character, motion, given_mapping(context.scene.facsimile_rig), SESSION.queue)

    def finish(self, context: bpy.types.Context) -> None:
        # Without a window there is no undo.
        if "FINISHED" not in bpy.ops.facsimile.write_retargeted("EXEC_DEFAULT", not bpy.app.background):
            assert RIG.refusal is not None
            raise RIG.refusal


class FACSIMILE_OT_write_retargeted(bpy.types.Operator):
    """Write the curves of the controls that were solved for"""

    bl_idname = "facsimile.write_retargeted"
    bl_label = "Animate Controls"
    bl_options = {"INTERNAL", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return RIG.running is not None and RIG.running.result is not None and RIG.order is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        assert RIG.running is not None and RIG.running.result is not None and RIG.order is not None
        result = RIG.running.result
        try:
            RIG.told = write_retargeted(context.scene, result, RIG.order)
        except Refusal as refusal:
            RIG.refusal = refusal
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        for line in RIG.told:
            self.report({"INFO"}, translated(line))
        RIG.result, RIG.study = result, result.study
        return {"FINISHED"}


class FACSIMILE_OT_cancel_retarget(bpy.types.Operator):
    """Stop; nothing is changed"""

    bl_idname = "facsimile.cancel_retarget"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        RIG.stop()
        redraw()
        return {"FINISHED"}


def selected_character(context: bpy.types.Context) -> "Character":
    """The selected character as it is when nothing is previewed. Raises Refusal, also where something runs."""
    # Here and not above: switching the add-on on must not wait for it.
    from ..addon.character import face_meshes, read_character, rig_of

    if RIG.running is not None or SESSION.phase is Phase.RUNNING:
        raise Refusal("busy", "A job is running.", "Wait for it, or cancel it.")
    preview.leave()
    RIG.refusal, RIG.told = None, ()
    meshes = face_meshes(context)
    return read_character(meshes, rig_of(context.active_object, meshes), context.scene.facsimile_rig)


def write_retargeted(scene: Any, result: "Retargeted", order: Order) -> tuple[str, ...]:
    """Write the curves, and show the mapping that made them. Returns what was done, in sentences. Raises Refusal, with
    nothing written."""
    # Here and not above: switching the add-on on must not wait for it.
    from ..addon.animation import frame_rate
    from ..addon.control_curves import bake_controls

    done = bake_controls(result, order.motion, order.name, frame_rate(scene.render), order.options)
    settings = scene.facsimile_rig
    fill_rows(settings, result.mapping, {row.name for row in settings.rows if row.edited})
    RIG.first = done.baked[0].first
    return (done.text, *done.warnings)


CLASSES = (FACSIMILE_OT_retarget, FACSIMILE_OT_write_retargeted, FACSIMILE_OT_cancel_retarget)
