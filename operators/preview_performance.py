"""Shows one frame of the performance on the selected meshes while its options are chosen."""

from dataclasses import replace

import bpy

from ..addon import preview
from ..addon.choices import Rate
from ..addon.performance_properties import bake_options
from ..addon.performing import PERFORMING
from ..addon.selection import selected_meshes
from ..addon.translation import tell
from ..backend.errors import Refusal


class FACSIMILE_OT_preview_performance(bpy.types.Operator):
    """Show one frame of the performance while options change. Nothing is written; press again to leave"""

    bl_idname = "facsimile.preview_performance"
    bl_label = "Preview"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.baking import keyed_data

        if preview.shown() or keyed_data(selected_meshes(context)):
            return True
        cls.poll_message_set("Select a mesh that has face shapes.")
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        if preview.shown():
            preview.leave()
            return {"FINISHED"}
        names = [item.name for item in selected_meshes(context)]
        try:
            show_frame(names)
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        preview.enter(lambda: show_or_leave(names))
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
    from ..addon.animation import driven_keys, frame_rate
    from ..addon.baking import as_wanted, key_values, keyed_data
    from ..addon.performance_source import chosen_take

    settings = bpy.context.scene.facsimile_performance
    options = replace(bake_options(settings), rate=Rate.CLIP)
    motion = as_wanted(chosen_take(settings).motion, options, frame_rate(bpy.context.scene.render))
    row = min(settings.preview_frame, len(motion.weights)) - 1
    one = motion.part(row, row + 1)
    objects = [item for item in map(bpy.data.objects.get, names) if item is not None]
    values = []
    for keys in keyed_data(objects):
        driven = driven_keys(keys)
        shown, weights = key_values(one, keys, options.gaze)
        values.append((keys, {name: float(w) for name, w in zip(shown, weights[0], strict=True) if name not in driven}))
    preview.show_values(values)


CLASSES = (FACSIMILE_OT_preview_performance,)
