"""Saves a performance to a file: the one at hand, or what the keys of the selected meshes play."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy_extras.io_utils import ExportHelper

from ..addon.performance_properties import CloneProperties, clone_options
from ..addon.performing import PERFORMING
from ..addon.selection import selected_meshes
from ..addon.translation import tell, translated
from ..backend.errors import Refusal

if TYPE_CHECKING:
    from ..addon.takes import Take


class FACSIMILE_OT_save_performance(CloneProperties, bpy.types.Operator, ExportHelper):
    """Save the performance that face shapes play, or that was cloned, as a Live Link Face .csv or a lossless .npz"""

    bl_idname = "facsimile.save_performance"
    bl_label = "Save Performance"
    bl_options = {"REGISTER"}

    filename_ext = ".csv"
    check_extension = None
    filter_glob: bpy.props.StringProperty(default="*.csv;*.npz", options={"HIDDEN"})
    what: bpy.props.EnumProperty(
        name="Save",
        items=(
            ("KEYS", "Keys", "What the shape keys of the selected meshes play"),
            ("TAKE", "Cloned", "The performance that was cloned last, with its head motion and gaze"),
        ),
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.takes import save_take

        try:
            save_take(self.take(context), Path(bpy.path.abspath(self.filepath)))
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        self.report({"INFO"}, translated(f"Saved {Path(self.filepath).name}"))
        return {"FINISHED"}

    def take(self, context: bpy.types.Context) -> "Take":
        """What is saved. Raises Refusal."""
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.key_values import clone_values
        from ..addon.steps import run_steps
        from ..addon.takes import Take

        if self.what == "TAKE":
            if PERFORMING.take is None:
                raise Refusal("no-take", "No performance was cloned.", "Clone one first.")
            return PERFORMING.take
        meshes = selected_meshes(context)
        if not meshes:
            raise Refusal("no-mesh", "No mesh is selected.", "Select a mesh with animated face shapes.")
        scene: Any = context.scene
        options = clone_options(self, scene)
        motion = run_steps(clone_values(scene, meshes, options.first, options.last))
        return Take(meshes[0].name, motion, options.first)


CLASSES = (FACSIMILE_OT_save_performance,)
