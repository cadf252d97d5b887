"""What fits of photographs and of films share: the files, the wait, and what becomes of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..addon.fit_preview import FIT_PREVIEW, redraw_views
from ..addon.fit_properties import FOOTAGE, HEAD, SELECTED, FitProperties, as_fit_arguments, copy_fit
from ..addon.performance_properties import BakeProperties, as_arguments
from ..addon.performing import PERFORMING
from ..addon.selection import selected_meshes
from ..backend.errors import Refusal
from .stepping import Stepping


class Fits(Stepping, FitProperties, BakeProperties):
    """An operator on files: by the file browser, dropped, or from a script, which waits."""

    # It has no UNDO of its own: the scene is changed by facsimile.write_fit, in one step, when the fit is there.
    filepath: bpy.props.StringProperty(name="File", description="The footage", subtype="FILE_PATH")
    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    files: bpy.props.CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    own_options: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})

    browsed = False
    shown_by = FOOTAGE

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if PERFORMING.step is not None:
            cls.poll_message_set("A performance is being read.")
        return PERFORMING.step is None

    def fit(self, paths: list[Path], patience: float) -> Iterator:
        """The steps whose end is a fit."""
        raise NotImplementedError

    def reading(self) -> dict[str, Any]:
        """How the footage is read, as arguments of this operator."""
        return {}

    def becoming(self) -> dict[str, Any]:
        """What becomes of it, as arguments of this operator and of facsimile.write_fit."""
        return as_fit_arguments(self) | as_arguments(self)

    def draw(self, context: bpy.types.Context) -> None:
        for name in FitProperties.__annotations__:
            self.layout.prop(self, name)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.own_options:
            copy_fit(context.scene.facsimile_fit, self)
        if self.filepath or self.files:
            begun = super().invoke(context, event)
            if begun == {"RUNNING_MODAL"}:
                FIT_PREVIEW.begin()
            return begun
        self.browsed = True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.browsed:
            return super().execute(context)
        # The file browser calls this and would wait with it: from here on it goes as with a file that is dropped.
        getattr(bpy.ops.facsimile, type(self).__name__.partition("_OT_")[2])(
            "INVOKE_DEFAULT",
            filepath=self.filepath,
            directory=self.directory,
            files=[{"name": one.name} for one in self.files],
            own_options=True,
            **self.becoming(),
            **self.reading(),
        )
        return {"CANCELLED"}

    def begin(self, context: bpy.types.Context, patience: float) -> None:
        # Here and not above: switching the add-on on must not wait for it.
        from ..addon.baking import keyed_data
        from ..addon.steps import Step

        paths = [Path(bpy.path.abspath(self.directory)) / one.name for one in self.files if one.name]
        paths = paths or [Path(bpy.path.abspath(self.filepath))]
        if self.target == SELECTED and not keyed_data(selected_meshes(context)):
            raise Refusal("no-mesh", "No selected mesh has keys.", "Select the meshes that are to act.")
        if self.target == HEAD and self.reading().get("missing") == "leave out":
            raise Refusal(
                "lost-frames",
                "A new head plays before all of the film, so none of its frames can be left out.",
                "Let lost frames lie between, or make the selected meshes act.",
            )
        for path in paths:
            if not path.is_file():
                raise Refusal("no-file", f"There is no file {path}.", "Check the path.")
        PERFORMING.begin(Step(0.0, "Starting"))
        self.steps = self.fit(paths, patience)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        before = PERFORMING.step
        result = super().modal(context, event)
        if PERFORMING.step is None or before is None or PERFORMING.step.picture is not before.picture:
            redraw_views()
        return result

    def leave(self, context: bpy.types.Context) -> None:
        FIT_PREVIEW.end()
        super().leave(context)

    def finish(self, made: Any) -> set[str]:
        PERFORMING.fit = made
        return self.write(bpy.ops.facsimile.write_fit, **self.becoming())


def dropped(context: bpy.types.Context) -> bool:
    """Whether files may be dropped here."""
    return context.area is not None and context.area.type == "VIEW_3D" and PERFORMING.step is None
