"""Puts the performance at hand onto meshes, as one undo step."""

from typing import TYPE_CHECKING

import bpy

from ..addon import preview
from ..addon.bake_panel import draw_options
from ..addon.performance_properties import BakeProperties, bake_options
from ..addon.performing import PERFORMING
from ..addon.selection import selected_meshes
from ..addon.translation import tell, translated
from ..backend.errors import Refusal

if TYPE_CHECKING:
    from ..addon.takes import Take


class FACSIMILE_OT_write_take(BakeProperties, bpy.types.Operator):
    """Put the performance that was cloned last onto the selected meshes"""

    bl_idname = "facsimile.write_take"
    bl_label = "Bake Cloned Performance"
    bl_options = {"REGISTER", "UNDO"}

    targets: bpy.props.StringProperty(
        name="Targets", description="Names of the meshes, one a line. Empty: the selected ones", options={"HIDDEN"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if PERFORMING.take is None:
            cls.poll_message_set("Clone a performance first.")
        return PERFORMING.take is not None

    def draw(self, context: bpy.types.Context) -> None:
        draw_options(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        assert PERFORMING.take is not None
        objects = named_meshes(context, self.targets)
        return write_and_tell(self, context, PERFORMING.take, objects)


def named_meshes(context: bpy.types.Context, names: str) -> list[bpy.types.Object]:
    """The meshes of these names, one a line, or the selected ones."""
    if not names:
        return selected_meshes(context)
    found = (bpy.data.objects.get(name) for name in names.split("\n"))
    return [item for item in found if item is not None and item.type == "MESH"]


def write_and_tell(
    operator: BakeProperties,
    context: bpy.types.Context,
    take: "Take",
    objects: list[bpy.types.Object],
    by: str = "",
    notes: tuple[str, ...] = (),
) -> set[str]:
    """Write a take with an operator's options, and say in the panel by and the report what became of it. notes: more to
    be said."""
    # Here and not above: switching the add-on on must not wait for it.
    from ..addon.animation import frame_rate
    from ..addon.take_layers import bake_take

    preview.leave()
    try:
        result = bake_take(take, objects, frame_rate(context.scene.render), bake_options(operator))
    except Refusal as refusal:
        PERFORMING.end(refusal=refusal, by=by)
        operator.report({"ERROR"}, tell(refusal))
        return {"CANCELLED"}
    for warning in (*notes, *result.warnings):
        operator.report({"WARNING"}, translated(warning))
    operator.report({"INFO"}, translated(result.text))
    PERFORMING.end(told=(result.text, *notes, *result.warnings), by=by)
    return {"FINISHED"}


CLASSES = (FACSIMILE_OT_write_take,)
