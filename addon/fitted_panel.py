"""The panel of a fitted head: its points, and sliders of its shape, expression, pose and camera."""

import bpy

from ..backend.face_regions import REGIONS
from .bake_panel import folded
from .fitted_head import cameras_of, face_of, head_of, meshes_of, why_not_correct
from .fitted_properties import SLIDERS
from .head_shape import HEAD_SHAPE
from .panel import draw_refusal, draw_text
from .performing import PERFORMING
from .sidebar import Sidebar

REGION_NAMES = {"brows": "Brows", "eyes": "Eyes", "nose": "Nose, Cheeks", "mouth": "Mouth, Jaw"}


class FACSIMILE_PT_fitted(Sidebar, bpy.types.Panel):
    """Corrects a head that was fitted to footage"""

    bl_label = "Fitted Head"
    bl_parent_id = "FACSIMILE_PT_fit"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return head_of(context.object) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout, head = self.layout, head_of(context.object)
        if head is None:
            return
        row = layout.row()
        row.scale_y = 1.2
        row.operator("facsimile.correct_points", icon="STICKY_UVS_DISABLE")
        reason = why_not_correct(context.object)
        if reason and PERFORMING.step is None:
            draw_text(layout, context, reason, "INFO")
        if HEAD_SHAPE.refusal is not None:
            draw_refusal(layout, context, HEAD_SHAPE.refusal)
        draw_shape(layout, head)
        draw_expression(layout, head)
        draw_pose(layout, head)


def keyable(layout: bpy.types.UILayout, name: str, title: str) -> bpy.types.UILayout | None:
    """The same as folded, with the dots that set keyframes."""
    body = folded(layout, f"facsimile_fitted_{name}", title)
    if body is not None:
        body.use_property_decorate = True
    return body


def draw_shape(layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
    """Sliders that are named after what they change, and the numbers behind them."""
    fitted = head.facsimile_fitted
    body = keyable(layout, "shape", "Shape")
    if body is None:
        return
    column = body.column(align=True)
    for name in SLIDERS:
        column.prop(fitted, name)
    numbers = keyable(body, "advanced", "Advanced")
    if numbers is not None:
        numbers.use_property_split = False
        grid = numbers.grid_flow(row_major=True, columns=4, even_columns=True, align=True)
        for number, one in enumerate(fitted.coefficients):
            grid.prop(one, "value", text=str(number + 1), translate=False)


def draw_expression(layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
    """The values of the keys that nothing but the user moves, by region."""
    body = keyable(layout, "expression", "Expression")
    if body is None:
        return
    for region, blocks in expression_of(head).items():
        column = keyable(body, region, REGION_NAMES[region])
        for block in blocks if column is not None else ():
            column.prop(block, "value", text=block.name, translate=False)


def expression_of(head: bpy.types.Object) -> dict[str, list[bpy.types.ShapeKey]]:
    """The keys of each region, each once: those of the face, and of other parts those that the face has not."""
    # Here and not above: the table of channels is read from disk, and switching the add-on on must not wait for it.
    from ..backend.channels import CHANNELS

    part = {region: name for name, parts in REGIONS.items() for region in parts}
    region_of = {channel.arkit: part[channel.region] for channel in CHANNELS if channel.arkit}
    found: dict[str, list[bpy.types.ShapeKey]] = {name: [] for name in REGIONS}
    known = set()
    face = face_of(head)
    for item in sorted(meshes_of(head), key=lambda item: item != face):
        keys = item.data.shape_keys
        for block in keys.key_blocks if keys is not None else ():
            if block.name in region_of and block.name not in known:
                known.add(block.name)
                found[region_of[block.name]].append(block)
    return found


def draw_pose(layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
    """Where the head stands, and how its first camera sees it."""
    body = keyable(layout, "pose", "Pose and Camera")
    if body is None:
        return
    body.prop(head, "location", text="Head")
    body.prop(head, "rotation_euler", text="Rotation")
    for camera in cameras_of(head)[:1]:
        column = body.column(align=True)
        column.prop(camera.data, "lens")
        column.prop(camera.data, "shift_x", text="Shift X")
        column.prop(camera.data, "shift_y", text="Y")
        body.prop(camera, "location", text="Camera")
        body.prop(camera, "rotation_euler", text="Rotation")


CLASSES = (FACSIMILE_PT_fitted,)
