"""The performance that the panel's settings name."""

from pathlib import Path
from typing import Any

import bpy

from ..backend.errors import Refusal
from .performance_properties import FILE
from .performing import PERFORMING
from .takes import Take, read_take


def chosen_take(settings: Any) -> Take:
    """The take of the file, or the one that was cloned last. Raises Refusal where there is none."""
    if settings.source != FILE:
        if PERFORMING.take is None:
            raise Refusal("no-take", "No performance was cloned.", "Clone one first.")
        return PERFORMING.take
    if not settings.filepath:
        raise Refusal("no-file", "No file is chosen.", "Choose a capture file.")
    return read_take(Path(bpy.path.abspath(settings.filepath)))
