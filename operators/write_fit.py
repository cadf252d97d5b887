"""Makes what was fitted part of the scene, as one undo step."""

from typing import cast

import bpy

from ..addon.fit_properties import FOOTAGE, SELECTED, FitProperties
from ..addon.performance_properties import BakeProperties, bake_options
from ..addon.performing import PERFORMING
from ..addon.selection import selected_meshes
from ..addon.translation import tell, translated
from ..backend.errors import Refusal
from .write_take import write_and_tell


class FACSIMILE_OT_write_fit(FitProperties, BakeProperties, bpy.types.Operator):
    """Make a head and a camera of what was fitted, or have the selected meshes act like it"""

    bl_idname = "facsimile.write_fit"
    bl_label = "Make Fitted Face"
    # Registered, so that the redo panel makes it otherwise; no backend is asked again.
    bl_options = {"INTERNAL", "REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return PERFORMING.fit is not None

    def draw(self, context: bpy.types.Context) -> None:
        for name in FitProperties.__annotations__:
            self.layout.prop(self, name)

    def execute(self, context: bpy.types.Context) -> set[str]:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.fit_write import FilmFit, FitOptions, check_fit, said_of, take_of, write_film, write_photos

        fit, scene = check_fit(PERFORMING.fit), cast(bpy.types.Scene, context.scene)
        if self.target == SELECTED:
            return write_and_tell(self, context, take_of(fit), selected_meshes(context), FOOTAGE, said_of(fit))
        options = FitOptions(self.texture, self.match, bake_options(self))
        try:
            told = write_film(scene, fit, options) if isinstance(fit, FilmFit) else write_photos(scene, fit, options)
        except Refusal as refusal:
            PERFORMING.end(refusal=refusal, by=FOOTAGE)
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        look_through_camera(context, self.texture and not isinstance(fit, FilmFit))
        for line in told:
            self.report({"INFO"}, translated(line))
        PERFORMING.end(take=take_of(fit), told=told, by=FOOTAGE)
        return {"FINISHED"}


def look_through_camera(context: bpy.types.Context, textured: bool) -> None:
    """Have the largest 3D view show what the scene's camera sees, and textures in its solid mode; without a window
    there is none."""
    areas = [area for area in context.screen.areas if area.type == "VIEW_3D"] if context.screen else []
    if areas:
        largest = max(areas, key=lambda area: area.width * area.height)
        largest.spaces.active.region_3d.view_perspective = "CAMERA"
        if textured:
            largest.spaces.active.shading.color_type = "TEXTURE"


CLASSES = (FACSIMILE_OT_write_fit,)
