"""The add-on's preferences: where the backend's Python is, and where its cache lies."""

import os
from pathlib import Path
from typing import cast

import bpy

SOURCE = Path(__file__).resolve().parents[1]
"""The folder of the extension, or of the checkout it runs from."""

PACKAGE = (__package__ or "").rpartition(".")[0]
"""The name under which Blender knows the extension; it depends on the repository it was installed from."""


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
        row = layout.row()
        row.operator("facsimile.start_backend")
        row.operator("facsimile.stop_backend")
        row.operator("facsimile.open_log")


def preferences() -> FacsimilePreferences:
    """The add-on's preferences in this session."""
    addons = cast(bpy.types.Preferences, bpy.context.preferences).addons
    return cast(FacsimilePreferences, addons[PACKAGE].preferences)


def backend_python() -> Path | None:
    """The Python that runs the backend, or None where there is no such file.

    The preference comes first, then FACSIMILE_PYTHON, then the .venv beside the source.
    """
    chosen = chosen_python()
    if chosen:
        return chosen if chosen.is_file() else None
    return next((path for path in source_pythons() if path.is_file()), None)


def chosen_python() -> Path | None:
    """The path that the user gave by preference or environment, whether or not it exists."""
    given = preferences().backend_python or os.environ.get("FACSIMILE_PYTHON", "")
    return Path(bpy.path.abspath(given)).expanduser() if given else None


def source_pythons() -> tuple[Path, Path]:
    """Where the development tree's environment has its Python, by platform."""
    return SOURCE / ".venv/bin/python", SOURCE / ".venv/Scripts/python.exe"


def backend_settings() -> dict[str, str]:
    """The preferences that the backend's process gets as variables of its environment."""
    folder = preferences().cache_folder
    return {"FACSIMILE_CACHE": bpy.path.abspath(folder)} if folder else {}


def missing_reason() -> str:
    """One sentence on why backend_python found nothing."""
    chosen = chosen_python()
    return f"There is no program {chosen}" if chosen else "The backend's Python is not set"


CLASSES = (FacsimilePreferences,)
