"""The add-on's preferences: the backend's environment, how it is doing, and where it keeps what it makes."""

import bpy

from .environment import PACKAGE, backend_python
from .session import SESSION
from .translation import translated

DEVICE_ITEMS = (
    ("auto", "Automatic", "The best device for which there are packages"),
    ("cpu", "Processor", "The processor alone: slower, and the smallest download"),
    ("cuda", "NVIDIA", "An NVIDIA graphics card"),
    ("rocm", "AMD", "An AMD graphics card"),
    ("mps", "Apple", "The graphics of a Mac with Apple silicon"),
)


class FacsimilePreferences(bpy.types.AddonPreferences):
    """Settings that hold for every file."""

    bl_idname = PACKAGE

    device: bpy.props.EnumProperty(
        name="Compute On", description="The device that the backend is set up for", items=DEVICE_ITEMS
    )
    offline_folder: bpy.props.StringProperty(
        name="Offline Folder",
        description="A folder with the wheels of the backend, and uv's. Nothing is downloaded where it is set",
        subtype="DIR_PATH",
    )
    backend_folder: bpy.props.StringProperty(
        name="Backend Folder",
        description="Where the backend is set up, for every Blender of this user. Leave it empty for the default",
        subtype="DIR_PATH",
    )
    backend_python: bpy.props.StringProperty(
        name="Use This Python",
        description="The Python program of an environment of your own that has the backend's packages, "
        "in place of the one that Set Up Backend makes. Leave it empty to use FACSIMILE_PYTHON, or that one",
        subtype="FILE_PATH",
    )
    cache_folder: bpy.props.StringProperty(
        name="Cache Folder",
        description="Where the backend keeps prepared meshes. It may be deleted at any time. "
        "Leave it empty for the default",
        subtype="DIR_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        # Here and not above: the card needs all of setup, and switching the add-on on must not wait for it.
        from .backend_card import draw_backend_card

        layout = self.layout
        draw_backend_card(layout, context)
        if backend_python() is not None:
            row = layout.row()
            row.label(text=translated(SESSION.backend_line), icon="CONSOLE", translate=False)
            row.operator("facsimile.start_backend")
            row.operator("facsimile.stop_backend")
        column = layout.column()
        column.use_property_split = True
        for name in ("device", "offline_folder", "backend_folder", "backend_python", "cache_folder"):
            column.prop(self, name)


CLASSES = (FacsimilePreferences,)
