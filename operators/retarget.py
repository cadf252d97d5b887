"""Puts a performance onto a character's own controls."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..addon.performing import PERFORMING
from ..addon.rig_properties import fill_rows, given_mapping
from ..addon.rig_state import RIG
from ..addon.session import SESSION, Phase, redraw
from ..addon.translation import tell
from ..backend.errors import Refusal
from .build_shapes import over_sidebar

if TYPE_CHECKING:
    from ..addon.retarget_run import Retargeting
    from ..addon.retargeting import Retargeted

TICK = 0.05
"""Seconds between two steps."""


class FACSIMILE_OT_retarget(bpy.types.Operator):
    """Animate the selected character's own controls - keys of any names, bones, properties - from a performance"""

    # It has no UNDO of its own: the curves are written by facsimile.write_retargeted, in one step, when they are there.
    bl_idname = "facsimile.retarget"
    bl_label = "Animate Controls"
    bl_options = {"REGISTER"}

    filepath: bpy.props.StringProperty(
        name="Performance", description="A Live Link Face .csv, a Face Cap .txt or a .npz", subtype="FILE_PATH"
    )
    start_frame: bpy.props.FloatProperty(
        name="Start Frame", description="The frame of the scene where the performance begins", default=1.0
    )
    timer: bpy.types.Timer | None = None
    mine = None

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            self.mine = begin(context, self.filepath, self.start_frame)
        except Refusal as refusal:
            return self.refuse(refusal)
        manager = context.window_manager
        self.timer = manager.event_timer_add(TICK, window=context.window)
        manager.modal_handler_add(self)
        redraw()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.mine is None or RIG.running is not self.mine:
            return self.leave(context, {"CANCELLED"})
        if event.type == "ESC" and event.value == "PRESS" and over_sidebar(context, event):
            RIG.stop()
            return self.leave(context, {"CANCELLED"})
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        redraw()
        try:
            if not self.mine.advance():
                return {"PASS_THROUGH"}
            write_as_one_step()
        except Refusal as refusal:
            RIG.stop()
            self.leave(context, set())
            return self.refuse(refusal)
        return self.leave(context, {"FINISHED"})

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator: its window closes or another file is opened."""
        if RIG.running is self.mine:
            RIG.stop()
        self.leave(context, set())

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The same, waiting for the end: for scripts and for Blender without a window."""
        try:
            begin(context, self.filepath, self.start_frame).run()
            write_as_one_step()
        except Refusal as refusal:
            return self.refuse(refusal)
        finally:
            RIG.stop()
        return {"FINISHED"}

    def refuse(self, refusal: Refusal) -> set[str]:
        """Show a refusal, here and in the panel."""
        RIG.refusal = refusal
        self.report({"ERROR"}, tell(refusal))
        redraw()
        return {"CANCELLED"}

    def leave(self, context: bpy.types.Context, result: set[str]) -> set[str]:
        """Remove the timer and draw the panel a last time."""
        if self.timer is not None:
            context.window_manager.event_timer_remove(self.timer)
            self.timer = None
        redraw()
        return result


class FACSIMILE_OT_write_retargeted(bpy.types.Operator):
    """Write the curves of the controls that were solved for"""

    bl_idname = "facsimile.write_retargeted"
    bl_label = "Animate Controls"
    bl_options = {"INTERNAL", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return RIG.running is not None and RIG.running.result is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        assert RIG.running is not None and RIG.running.result is not None
        result = RIG.running.result
        try:
            write_retargeted(context.scene, result, RIG.name, RIG.start_frame)
        except Refusal as refusal:
            RIG.refusal = refusal
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        RIG.result, RIG.running = result, None
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


def begin(context: bpy.types.Context, filepath: str, start_frame: float) -> "Retargeting":
    """Start on the selected character, with a file or else the take at hand. Raises Refusal."""
    # Here and not above: switching the add-on on must not wait for it.
    from ..addon.character import face_meshes, read_character, rig_of
    from ..addon.retarget_run import Retargeting
    from ..backend.capture import read_performance

    if RIG.running is not None or SESSION.phase is Phase.RUNNING:
        raise Refusal("busy", "A job is running.", "Wait for it, or cancel it.")
    take = PERFORMING.take
    if not filepath and take is None:
        raise Refusal("no-file", "No performance is chosen.", "Choose a capture file, or clone a performance.")
    path = Path(bpy.path.abspath(filepath))
    name, motion = (path.stem, read_performance(path)) if filepath or take is None else (take.name, take.motion)
    settings, meshes = context.scene.facsimile_rig, face_meshes(context)
    character = read_character(meshes, rig_of(context.active_object, meshes), settings)
    RIG.refusal = None
    RIG.running = Retargeting(character, motion, given_mapping(settings), SESSION.queue)
    RIG.name, RIG.start_frame = name, start_frame
    return RIG.running


def write_as_one_step() -> None:
    """Write through the operator that makes an undo step, where there is undo. Raises Refusal."""
    if "FINISHED" not in bpy.ops.facsimile.write_retargeted("EXEC_DEFAULT", not bpy.app.background):
        assert RIG.refusal is not None
        raise RIG.refusal


def write_retargeted(scene: Any, result: "Retargeted", name: str, start_frame: float) -> None:
    """Write the curves, and show the mapping that made them. Raises Refusal, with nothing written."""
    # Here and not above: switching the add-on on must not wait for it.
    from ..addon.animation import frame_rate
    from ..addon.control_curves import write_used

    write_used(result, start_frame, frame_rate(scene.render), name)
    settings = scene.facsimile_rig
    edited = {row.name for row in settings.rows if row.edited}
    fill_rows(settings, result.mapping, edited)


CLASSES = (FACSIMILE_OT_retarget, FACSIMILE_OT_write_retargeted, FACSIMILE_OT_cancel_retarget)
