"""Puts a recorded performance onto the shape keys of the selected meshes."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.bake_panel import draw_options
from ..addon.performance_properties import BakeProperties, as_arguments, copy_performance
from ..addon.performing import PERFORMING
from ..addon.selection import selected_meshes
from ..addon.translation import tell
from ..backend.errors import Refusal
from .waiting import WaitsForFile
from .write_take import write_and_tell


class FACSIMILE_OT_apply_performance(WaitsForFile, BakeProperties, bpy.types.Operator, ImportHelper):
    """Animate the face shapes of the selected meshes from a capture file: Live Link Face .csv, Face Cap .txt, .npz"""

    bl_idname = "facsimile.apply_performance"
    bl_label = "Bake Performance"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".csv"
    filter_glob: bpy.props.StringProperty(default="*.csv;*.txt;*.npz", options={"HIDDEN"})
    own_options: bpy.props.BoolProperty(
        name="Own Options",
        description="Keep the options that are given, instead of the panel's, when a person starts it",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    browsed = False

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if any(item.data.shape_keys for item in selected_meshes(context)):
            return True
        cls.poll_message_set("Select a mesh that has face shapes.")
        return False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        # A file that was dropped onto the window is named already, and the panel's options hold for it.
        if not self.own_options:
            copy_performance(context.scene.facsimile_performance, self, BakeProperties)
        if not self.filepath:
            self.browsed = True
            context.window_manager.fileselect_add(self)
            return {"RUNNING_MODAL"}
        return self.execute_when_read(context, self.filepath)

    def draw(self, context: bpy.types.Context) -> None:
        draw_options(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.reading import takes_long
        from ..addon.takes import read_take

        path = Path(bpy.path.abspath(self.filepath))
        if self.browsed and takes_long(path):
            # The file browser calls this and would wait with it: from here on it goes as with a file that is dropped.
            bpy.ops.facsimile.apply_performance(
                "INVOKE_DEFAULT", filepath=self.filepath, own_options=True, **as_arguments(self)
            )
            return {"CANCELLED"}
        try:
            take = read_take(path)
        except Refusal as refusal:
            PERFORMING.end(refusal=refusal)
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        return write_and_tell(self, context, take, selected_meshes(context))


class FACSIMILE_FH_capture(bpy.types.FileHandler):
    """Takes capture files that are dropped onto a 3D view."""

    bl_idname = "FACSIMILE_FH_capture"
    bl_label = "Facsimile Performance"
    bl_import_operator = "facsimile.apply_performance"
    bl_file_extensions = ".csv;.txt;.npz"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D" and bool(selected_meshes(context))


CLASSES = (FACSIMILE_OT_apply_performance, FACSIMILE_FH_capture)
