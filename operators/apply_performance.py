"""Puts a recorded performance onto the shape keys of the selected meshes."""

from pathlib import Path

import bpy
import numpy as np
from bpy_extras.io_utils import ImportHelper

from ..addon.animation import Animated, frame_rate, write_performance
from ..addon.record import recorded_names
from ..addon.selection import selected_meshes
from ..backend.errors import Refusal


class FACSIMILE_OT_apply_performance(bpy.types.Operator, ImportHelper):
    """Animate the face shapes of the selected meshes from a capture file (Live Link Face .csv, or .npz)"""

    bl_idname = "facsimile.apply_performance"
    bl_label = "Apply Performance"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".csv"
    filter_glob: bpy.props.StringProperty(default="*.csv;*.npz", options={"HIDDEN"})
    start_frame: bpy.props.FloatProperty(
        name="Start Frame", description="The frame of the scene where the performance begins", default=1.0
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if any(item.data.shape_keys for item in selected_meshes(context)):
            return True
        cls.poll_message_set("Select a mesh that has face shapes.")
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        try:
            results = apply_file(path, selected_meshes(context), frame_rate(context.scene.render), self.start_frame)
        except Refusal as refusal:
            self.report({"ERROR"}, f"{refusal.sentence} {refusal.cure}")
            return {"CANCELLED"}
        driven = sorted({name for result in results for name in result.driven})
        if driven:
            self.report({"WARNING"}, f"Keys that drivers move were left alone: {', '.join(driven)}")
        self.report(
            {"INFO"},
            f"{sum(result.baked.curves for result in results if result.baked)} curves on {len(results)} meshes",
        )
        return {"FINISHED"}


def apply_file(
    path: Path, objects: list[bpy.types.Object], frames_per_second: float, start_frame: float
) -> list[Animated]:
    """Animate every key of the objects that has the name of a channel, ARKit's or ICT's.

    The performance keeps its own frames: at another rate than the scene's they fall between the scene's.
    Raises Refusal for a file that is no performance, or where no object has a fitting key.
    """
    # Here and not above: the table of channels is read from disk, and switching the add-on on must not wait for it.
    from ..backend.capture import read_performance
    from ..backend.channels import ARKIT_NAMES, FACE_NAMES

    motion = read_performance(path)
    wanted = tuple(dict.fromkeys((*ARKIT_NAMES, *FACE_NAMES)))
    values = motion.named(wanted).weights
    frames = start_frame + np.arange(len(values)) * (frames_per_second / motion.fps)
    keyed: dict[int, bpy.types.Key] = {}
    for item in objects:
        keys = item.data.shape_keys
        if keys is not None and (recorded_names(keys) or any(name in keys.key_blocks for name in wanted)):
            keyed[keys.session_uid] = keys
    if not keyed:
        raise Refusal(
            "no-keys", "No selected mesh has a key with the name of a channel.", "Build its face shapes first."
        )
    results = [write_performance(keys, path.stem, wanted, values, frames) for keys in keyed.values()]
    if not any(result.baked for result in results):
        raise Refusal("driven", "Drivers move all of these keys.", "Remove the drivers, or animate what they read.")
    return results


CLASSES = (FACSIMILE_OT_apply_performance,)
