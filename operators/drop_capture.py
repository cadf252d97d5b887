"""Capture files dropped onto the 3D view: the same as Apply Performance with that file.

Head files have no handler of ours: Blender's own importers take them, and leave the meshes selected for the button.
"""

import bpy

from ..addon.selection import selected_meshes


class FACSIMILE_OT_drop_capture(bpy.types.Operator):
    """Animate the face shapes of the selected meshes from the capture file that was dropped"""

    bl_idname = "facsimile.drop_capture"
    bl_label = "Apply Performance"
    bl_options = {"INTERNAL"}

    filepath: bpy.props.StringProperty(
        name="File", description="The capture file", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if bpy.ops.facsimile.apply_performance.poll():
            return True
        cls.poll_message_set("Select a mesh that has face shapes.")
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            # The operator makes the undo step, and the redo panel is its own.
            return bpy.ops.facsimile.apply_performance("EXEC_DEFAULT", True, filepath=self.filepath)
        except RuntimeError as error:
            self.report({"ERROR"}, str(error).strip().removeprefix("Error: "))
            return {"CANCELLED"}


class FACSIMILE_FH_capture(bpy.types.FileHandler):
    """Capture files."""

    bl_idname = "FACSIMILE_FH_capture"
    bl_label = "Face Capture"
    bl_import_operator = "facsimile.drop_capture"
    bl_file_extensions = ".csv;.txt;.npz"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        area = context.area
        return area is not None and area.type == "VIEW_3D" and bool(selected_meshes(context))


CLASSES = (FACSIMILE_OT_drop_capture, FACSIMILE_FH_capture)
