"""Shows one frame of the performance on the selected meshes while its options are chosen."""

import bpy

from ..addon import preview
from ..addon.performance_properties import FILE
from ..addon.performing import PERFORMING
from ..addon.selection import selected_meshes
from ..addon.translation import tell
from ..backend.errors import Refusal
from .waiting import WaitsForFile

NAME = "facsimile.preview_performance"
"""As panels spell it: what an operator has as bl_idname while it runs is spelt otherwise."""


class FACSIMILE_OT_preview_performance(WaitsForFile, bpy.types.Operator):
    """Show one frame of the performance while options change. Nothing is written; press again to leave"""

    bl_idname = NAME
    bl_label = "Preview"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.baking import keyed_data

        if preview.shown(NAME) or keyed_data(selected_meshes(context)):
            return True
        cls.poll_message_set("Select a mesh that has face shapes.")
        return False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        settings = context.scene.facsimile_performance
        needed = not preview.shown() and settings.source == FILE
        return self.execute_when_read(context, settings.filepath if needed else "")

    def execute(self, context: bpy.types.Context) -> set[str]:
        if preview.shown(NAME):
            preview.leave()
            return {"FINISHED"}
        names = [item.name for item in selected_meshes(context)]
        PERFORMING.refusal = None
        preview.enter(NAME, lambda: show_or_leave(names))
        if PERFORMING.refusal is not None:
            self.report({"ERROR"}, tell(PERFORMING.refusal))
            return {"CANCELLED"}
        return {"FINISHED"}


def show_or_leave(names: list[str]) -> None:
    """Show the frame anew, or say in the panel why there is none any more."""
    try:
        show_frame(names)
    except Refusal as refusal:
        preview.leave()
        PERFORMING.refusal = refusal


def show_frame(names: list[str]) -> None:
    """Show the frame that the panel says on the meshes of these names. Raises Refusal."""
    # Here and not above: switching the add-on on must not wait for it.
    from ..addon.baking import acting
    from ..addon.performance_source import chosen_frame, chosen_take

    settings = bpy.context.scene.facsimile_performance
    frame, options = chosen_frame(chosen_take(settings), settings)
    objects = [item for item in map(bpy.data.objects.get, names) if item is not None]
    preview.show_motions(acting(frame, objects, options).motions)


CLASSES = (FACSIMILE_OT_preview_performance,)
