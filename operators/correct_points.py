"""Drags landmarks of a photograph, in the view of its camera, to where they belong, and has the head fitted again."""

from typing import TYPE_CHECKING, Any, cast

import bpy

from ..addon.fitted_head import cameras_of, head_of
from ..addon.performing import PERFORMING
from ..addon.session import redraw
from ..addon.translation import tell, translated
from ..backend.errors import Refusal
from .correct_fit import OnPhotographs

if TYPE_CHECKING:
    from ..addon.photo_in_view import PhotoInView
    from ..addon.point_edit import PointEdit

REACH = 14
"""Pixels of the screen, at scale 1, within which a point is under the mouse."""

NAVIGATION = {"WHEELUPMOUSE", "WHEELDOWNMOUSE", "TRACKPADPAN", "TRACKPADZOOM", "HOME"}
TRANSPARENT = 0.35
"""Of the head while its points are dragged: the photograph shows through."""


class FACSIMILE_OT_correct_points(OnPhotographs, bpy.types.Operator):
    """Drag the points of a photograph to where they belong, and fit the head again"""

    # Nothing of the scene is changed here; facsimile.correct_fit does it, in one undo step.
    bl_idname = "facsimile.correct_points"
    bl_label = "Correct Points"
    bl_options = {"REGISTER"}

    # Blender evaluates annotations, and the classes are imported where they are needed alone.
    edits: Any = None
    """Of each camera's name its PointEdit."""
    box: Any = None
    dragging = False
    head_shown = False
    drawing: Any = None
    kept: Any = None

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.fit_views import read_opened, read_views
        from ..addon.point_edit import PointEdit

        head = head_of(context.object)
        assert head is not None
        if context.area is None or context.area.type != "VIEW_3D":
            self.report({"ERROR"}, "Points are dragged in a 3D view.")
            return {"CANCELLED"}
        try:
            opened = read_opened(head)
            self.edits = {camera.name: PointEdit(view, opened) for camera, view in read_views(head)}
        except Refusal as refusal:
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        for name, corrections in PERFORMING.dragged.items():
            if name in self.edits:
                self.edits[name].resume(corrections)
        self.region = next(region for region in context.area.regions if region.type == "WINDOW")
        self.area = context.area
        wanted = context.object if context.object in cameras_of(head) else context.scene.camera
        self.camera = wanted.name if wanted is not None and wanted.name in self.edits else next(iter(self.edits))
        self.enter(self.area.spaces.active)
        self.drawing = bpy.types.SpaceView3D.draw_handler_add(self.draw_view, (), "WINDOW", "POST_PIXEL")
        context.workspace.status_text_set(
            translated(
                "Drag: move  |  Shift: several  |  Ctrl Z: back  |  X: as found  |  A: all or none  |  T: more points"
                "  |  H: head  |  Tab: next photograph  |  Enter: fit again  |  Esc: leave"
            )
        )
        context.window_manager.modal_handler_add(self)
        self.area.tag_redraw()
        return {"RUNNING_MODAL"}

    def enter(self, space: Any) -> None:
        """Look through the camera at the photograph alone, or through the head; this is no part of the scene."""
        view = space.region_3d
        self.kept = self.kept or (
            view.view_perspective,
            space.use_local_camera,
            space.camera,
            space.shading.show_xray,
            space.shading.xray_alpha,
            space.show_object_viewport_mesh,
        )
        space.use_local_camera = True
        space.camera = bpy.data.objects[self.camera]
        view.view_perspective = "CAMERA"
        space.shading.show_xray, space.shading.xray_alpha = True, TRANSPARENT
        space.show_object_viewport_mesh = self.head_shown

    def leave(self, context: bpy.types.Context, stay: bool) -> None:
        """Take the dots away. stay: whether the view goes on to look through the camera."""
        bpy.types.SpaceView3D.draw_handler_remove(self.drawing, "WINDOW")
        context.workspace.status_text_set(None)
        space = self.area.spaces.active
        perspective, local, camera, xray, alpha, meshes = self.kept
        space.shading.show_xray, space.shading.xray_alpha = xray, alpha
        space.show_object_viewport_mesh = meshes
        space.camera, space.use_local_camera = camera, local
        space.region_3d.view_perspective = "CAMERA" if stay else perspective
        self.area.tag_redraw()
        redraw()

    @property
    def edit(self) -> "PointEdit":
        """Of the photograph that is looked at."""
        return self.edits[self.camera]

    def place(self) -> "PhotoInView | None":
        """Where the photograph is seen."""
        from ..addon.photo_in_view import photo_in_view

        camera = bpy.data.objects.get(self.camera)
        if camera is None:
            return None
        view = self.area.spaces.active.region_3d
        return photo_in_view(cast(bpy.types.Scene, bpy.context.scene), self.region, view, camera, self.edit.size)

    def draw_view(self) -> None:
        """Draw the dots; Blender calls it for every 3D view."""
        from ..addon.point_drawing import draw_points

        if bpy.context.region != self.region:
            return
        place = self.place()
        if place is not None:
            draw_points(self.edit, place, self.box)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.area.tag_redraw()
        place = self.place()
        if place is None or event.type == "TIMER" or event.type in NAVIGATION or self.pans(event):
            return {"PASS_THROUGH"}
        if event.value == "PRESS" and event.type == "ESC" and not self.dragging:
            self.leave(context, stay=False)
            return {"CANCELLED"}
        if event.value == "PRESS" and event.type in ("RET", "NUMPAD_ENTER") and not self.dragging:
            return self.fit_again(context)
        at = (event.mouse_x - self.region.x, event.mouse_y - self.region.y)
        if event.type == "MOUSEMOVE":
            self.point_at(place, at)
        elif event.type == "LEFTMOUSE":
            if event.value in ("PRESS", "DOUBLE_CLICK"):
                self.press(place, at, event)
            elif event.value == "RELEASE":
                self.release(place, at, event)
        elif event.value == "PRESS":
            self.key(context, event)
        return {"RUNNING_MODAL"}

    def pans(self, event: bpy.types.Event) -> bool:
        """Whether an event moves or zooms what is seen; turning would leave the camera."""
        return event.type == "MIDDLEMOUSE" and (event.shift or event.ctrl)

    def point_at(self, place: "PhotoInView", at: tuple[float, float]) -> None:
        """The mouse has moved to a place in the region."""
        if self.dragging:
            self.edit.drag(place.picture(at))
        elif self.box is not None:
            self.box = self.box[0], place.shown(place.picture(at))
        else:
            self.edit.hovered = self.under(place, at)

    def under(self, place: "PhotoInView", at: tuple[float, float]) -> int | None:
        """The number of the point under the mouse."""
        reach = REACH * bpy.context.preferences.system.ui_scale / place.scale
        return self.edit.nearest(place.picture(at), reach)

    def press(self, place: "PhotoInView", at: tuple[float, float], event: bpy.types.Event) -> None:
        """On a point it and what is selected with it is dragged, beside them a box is drawn."""
        number = self.under(place, at)
        if number is None:
            corner = place.shown(place.picture(at))
            self.box = corner, corner
            return
        if event.shift or number not in self.edit.selected:
            self.edit.select([number], event.shift)
        if number in self.edit.selected:
            self.edit.begin(place.picture(at))
            self.dragging = True

    def release(self, place: "PhotoInView", at: tuple[float, float], event: bpy.types.Event) -> None:
        """What was dragged is let go, what the box holds is selected."""
        if self.dragging:
            self.edit.drag(place.picture(at))
            self.edit.end()
            self.dragging = False
        elif self.box is not None:
            corners = (place.picture(tuple(corner)) for corner in self.box)
            self.edit.select(self.edit.within(*corners), event.shift)
            self.box = None

    def key(self, context: bpy.types.Context, event: bpy.types.Event) -> None:
        """What else can be done."""
        edit = self.edit
        if event.type in ("ESC", "RIGHTMOUSE") and self.dragging:
            edit.drop()
            self.dragging = False
        elif self.dragging:
            return
        elif event.type == "Z" and (event.ctrl or event.oskey):
            edit.redo() if event.shift else edit.undo()
        elif event.type in ("X", "DEL"):
            edit.reset()
        elif event.type == "A":
            edit.select([] if edit.selected else edit.shown, more=False)
        elif event.type == "T":
            edit.all_shown = not edit.all_shown
        elif event.type == "H":
            self.head_shown = not self.head_shown
            self.enter(self.area.spaces.active)
        elif event.type == "TAB":
            names = list(self.edits)
            step = -1 if event.shift else 1
            self.camera = names[(names.index(self.camera) + step) % len(names)]
            self.enter(self.area.spaces.active)

    def fit_again(self, context: bpy.types.Context) -> set[str]:
        """Have the head fitted to what was dragged."""
        self.leave(context, stay=True)
        if not any(edit.changed for edit in self.edits.values()):
            return {"CANCELLED"}
        # Kept until the fit is there: what was dragged is not lost where it is cancelled or refused.
        PERFORMING.dragged = {name: edit.corrections for name, edit in self.edits.items()}
        points = [
            {"name": name, "landmark": number, "x": float(x), "y": float(y), "weight": float(made.weights[number])}
            for name, edit in self.edits.items()
            for made in [edit.corrections]
            for number in edit.moved
            for x, y in [made.landmarks[number]]
        ]
        bpy.ops.facsimile.correct_fit("INVOKE_DEFAULT", points=points, anew=True)
        return {"FINISHED"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator: its window closes or another file is opened."""
        bpy.types.SpaceView3D.draw_handler_remove(self.drawing, "WINDOW")
        context.workspace.status_text_set(None)


CLASSES = (FACSIMILE_OT_correct_points,)
