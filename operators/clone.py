"""Reads a performance from what moves in the scene, and puts it onto the selected meshes."""

from pathlib import Path
from typing import Any

import bpy

from ..addon.counting import counted
from ..addon.performance_properties import (
    KEYS,
    SOURCES,
    BakeProperties,
    CloneProperties,
    as_arguments,
    clone_options,
)
from ..addon.performing import PERFORMING
from ..addon.selection import selected_meshes
from ..addon.session import SESSION, redraw
from ..backend.errors import Refusal
from .stepping import Stepping


class FACSIMILE_OT_clone(Stepping, CloneProperties, BakeProperties, bpy.types.Operator):
    """Clone the performance of another mesh or character onto the selected meshes"""

    # It has no UNDO of its own: the curves are written by facsimile.write_take, in one step, when they are there.
    bl_idname = "facsimile.clone"
    bl_label = "Clone Performance"
    bl_options = {"REGISTER"}

    source: bpy.props.StringProperty(
        name="Source", description="The mesh that moves, or what its meshes hang on: an armature, an empty"
    )
    kind: bpy.props.EnumProperty(name="Read", description="What is read of the source", items=SOURCES[1:])
    bake: bpy.props.BoolProperty(
        name="Bake", description="Put the performance onto the selected meshes. Otherwise it is only read", default=True
    )
    save: bpy.props.StringProperty(
        name="Save As",
        description="A .csv as Live Link Face writes it, or an .npz, that the performance is also written to",
        subtype="FILE_PATH",
    )

    targets: str = ""
    first: int = 1

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if PERFORMING.step is not None:
            cls.poll_message_set("A performance is being read.")
        return PERFORMING.step is None

    def begin(self, context: bpy.types.Context, patience: float) -> None:
        """Have everything ready for the first step. Raises Refusal."""
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.clip_read import source_meshes
        from ..addon.clone import clone_mesh
        from ..addon.key_values import clone_values
        from ..addon.steps import Step
        from ..addon.takes import check_take_place

        item = context.scene.objects.get(self.source)
        if item is None:
            raise Refusal("no-source", f'There is no object "{self.source}" in the scene.', "Choose a source.")
        read = source_meshes(item)
        meshes = [mesh for mesh in selected_meshes(context) if mesh not in read]
        if self.bake and not meshes:
            raise Refusal("no-mesh", "No mesh is selected beside the source.", "Select the meshes to be animated.")
        scene: Any = context.scene
        if self.save:
            check_take_place(Path(bpy.path.abspath(self.save)))
        options = clone_options(self, scene)
        self.targets, self.first = "\n".join(mesh.name for mesh in meshes), options.first
        PERFORMING.begin(Step(0.0, "Starting"))
        if self.kind == KEYS:
            self.steps = clone_values(scene, read, options.first, options.last)
        else:
            self.steps = clone_mesh(scene, item, meshes, options, SESSION.queue, patience)

    def finish(self, made) -> set[str]:
        """Keep the performance, save it and put it onto the targets, where that is wanted."""
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.takes import Take, save_take

        take = Take(made.source or self.source, made, self.first)
        frames = counted(len(made.weights), "1 frame", "{} frames")
        PERFORMING.end(take=take, told=(f"{take.name} is at hand: {frames}",))
        redraw()
        try:
            if self.save:
                save_take(take, Path(bpy.path.abspath(self.save)))
        except Refusal as refusal:
            return self.refuse(refusal)
        if not self.bake:
            return {"FINISHED"}
        chosen = as_arguments(self) | {"targets": self.targets}
        if not self.properties.is_property_set("start_frame"):
            chosen["start_frame"] = float(self.first)
        return self.write(bpy.ops.facsimile.write_take, **chosen)


class FACSIMILE_OT_cancel_clone(bpy.types.Operator):
    """Cancel. Nothing in the scene has been changed yet"""

    bl_idname = "facsimile.cancel_clone"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return PERFORMING.step is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        PERFORMING.stopped = True
        return {"FINISHED"}


CLASSES = (FACSIMILE_OT_clone, FACSIMILE_OT_cancel_clone)
