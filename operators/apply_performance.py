"""Puts a recorded performance onto the shape keys of the selected meshes."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.performance_properties import BakeProperties, copy_performance
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

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if any(item.data.shape_keys for item in selected_meshes(context)):
            return True
        cls.poll_message_set("Select a mesh that has face shapes.")
        return False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        # A file that was dropped onto the window is named already, and the panel's options hold for it.
        copy_performance(context.scene.facsimile_performance, self, BakeProperties)
        if not self.filepath:
            context.window_manager.fileselect_add(self)
            return {"RUNNING_MODAL"}
        return self.execute_when_read(context, self.filepath)

    def execute(self, context: bpy.types.Context) -> set[str]:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.takes import read_take

        try:
            take = read_take(Path(bpy.path.abspath(self.filepath)))
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
