"""A head from photographs of one person."""

from collections.abc import Iterator
from pathlib import Path

import bpy

from ..addon.session import SESSION
from .fitting import Fits, dropped

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")


class FACSIMILE_OT_fit_photo(Fits, bpy.types.Operator):
    """Make a head of photographs of one person: a frontal one, or several from different sides"""

    bl_idname = "facsimile.fit_photo"
    bl_label = "Fit Photo"
    bl_options = {"REGISTER"}

    filter_glob: bpy.props.StringProperty(default=";".join(f"*{suffix}" for suffix in SUFFIXES), options={"HIDDEN"})

    def fit(self, paths: list[Path], patience: float) -> Iterator:
        from ..addon.fit_read import fit_photos

        return fit_photos(SESSION.queue, patience, paths)


class FACSIMILE_FH_photo(bpy.types.FileHandler):
    """Takes photographs that are dropped onto a 3D view."""

    bl_idname = "FACSIMILE_FH_photo"
    bl_label = "Facsimile Photo"
    bl_import_operator = "facsimile.fit_photo"
    bl_file_extensions = ";".join(SUFFIXES)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return dropped(context)


CLASSES = (FACSIMILE_OT_fit_photo, FACSIMILE_FH_photo)
