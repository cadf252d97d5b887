"""The performance that a panel's settings name, and the frame of it that is previewed."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..backend.errors import Refusal
from .choices import Rate
from .performance_properties import FILE, bake_options
from .performing import PERFORMING

if TYPE_CHECKING:
    from ..backend.performance import Performance
    from .bake_options import BakeOptions
    from .takes import Take


def chosen_take(settings: Any) -> "Take":
    """The take of the performance panel's file, or the one that was cloned last. Raises Refusal where there is none."""
    if settings.source != FILE:
        if PERFORMING.take is None:
            raise Refusal("no-take", "No performance was cloned.", "Clone one first.")
        return PERFORMING.take
    if not settings.filepath:
        raise Refusal("no-file", "No file is chosen.", "Choose a capture file.")
    return take_in(settings.filepath)


def take_at_hand(filepath: str) -> "Take":
    """The take of a file, or without one the one that was cloned last. Raises Refusal where there is none."""
    if filepath:
        return take_in(filepath)
    if PERFORMING.take is None:
        raise Refusal("no-file", "No performance is chosen.", "Choose a capture file, or clone a performance.")
    return PERFORMING.take


def take_in(filepath: str) -> "Take":
    """The take of a file, by its path in Blender's spelling. Raises Refusal."""
    # Here and not above: switching the add-on on must not wait for it.
    from .takes import read_take

    return read_take(Path(bpy.path.abspath(filepath)))


def chosen_frame(take: "Take", settings: Any) -> "tuple[Performance, BakeOptions]":
    """The frame of a take that is previewed, as the settings want it, and what they want. Raises Refusal."""
    # Here and not above: switching the add-on on must not wait for it.
    from .animation import frame_rate
    from .baking import as_wanted

    options = replace(bake_options(settings), rate=Rate.CLIP)
    motion = as_wanted(take.motion, options, frame_rate(bpy.context.scene.render))
    row = min(settings.preview_frame, len(motion.weights)) - 1
    return motion.part(row, row + 1), options
