"""A performance, and a head that shows it, from a film of a face."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ..addon.session import SESSION
from .fitting import Fits, dropped

SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm")


class FACSIMILE_OT_fit_video(Fits, bpy.types.Operator):
    """Make a performance of a film of a face"""

    bl_idname = "facsimile.fit_video"
    bl_label = "Fit Video"
    bl_options = {"REGISTER"}

    filter_glob: bpy.props.StringProperty(default=";".join(f"*{suffix}" for suffix in SUFFIXES), options={"HIDDEN"})
    missing: bpy.props.EnumProperty(
        name="Lost Frames",
        description="What becomes of frames that show no face",
        items=(
            ("interpolate", "Between", "They lie between their neighbours"),
            ("leave out", "Leave Out", "They are left out, and what follows comes earlier"),
        ),
    )

    def reading(self) -> dict[str, Any]:
        return {"missing": self.missing}

    def fit(self, paths: list[Path], patience: float) -> Iterator:
        from ..addon.fit_read import fit_film

        made = yield from fit_film(SESSION.queue, patience, paths[0], self.missing)
        return replace(made, left=len(paths) - 1)


class FACSIMILE_FH_film(bpy.types.FileHandler):
    """Takes films that are dropped onto a 3D view."""

    bl_idname = "FACSIMILE_FH_film"
    bl_label = "Facsimile Film"
    bl_import_operator = "facsimile.fit_video"
    bl_file_extensions = ";".join(SUFFIXES)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return dropped(context)


CLASSES = (FACSIMILE_OT_fit_video, FACSIMILE_FH_film)
