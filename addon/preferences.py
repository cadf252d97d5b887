"""The add-on's preferences: where the backend's Python is, where its cache lies, and how it is doing."""

import bpy

from .environment import PACKAGE, backend_python, missing_reason
from .session import SESSION


class FacsimilePreferences(bpy.types.AddonPreferences):
    """Settings that hold for every file."""

    bl_idname = PACKAGE

    backend_python: bpy.props.StringProperty(
        name="Backend Python",
        description="The Python program of the environment that has the backend's packages. "
        "Leave it empty to use FACSIMILE_PYTHON, or the .venv beside the source",
        subtype="FILE_PATH",
    )
    cache_folder: bpy.props.StringProperty(
        name="Cache Folder",
        description="Where the backend keeps prepared meshes. It may be deleted at any time. "
        "Leave it empty for the default",
        subtype="DIR_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "backend_python")
        layout.prop(self, "cache_folder")
        column = layout.column(align=True)
        found = backend_python()
        if found is None:
            column.label(text=missing_reason(), icon="ERROR")
            column.label(text="Make the environment with: python3 build.py setup", icon="BLANK1")
        else:
            column.label(text=f"Found {found}", icon="CHECKMARK")
            column.label(text=SESSION.backend_line, icon="CONSOLE")
        row = layout.row()
        row.operator("facsimile.start_backend")
        row.operator("facsimile.stop_backend")
        row.operator("facsimile.open_log")


CLASSES = (FacsimilePreferences,)
