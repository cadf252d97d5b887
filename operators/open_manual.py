"""Opens the user manual that comes with the extension."""

from pathlib import Path

import bpy

from ..addon.environment import SOURCE
from ..addon.translation import tell, translated
from ..backend.errors import Refusal


class FACSIMILE_OT_open_manual(bpy.types.Operator):
    """Open the manual in the web browser. It comes with the extension, so no network is needed"""

    bl_idname = "facsimile.open_manual"
    bl_label = "Manual"
    bl_options = {"INTERNAL"}

    page: bpy.props.StringProperty(
        name="Page", description="The page of the manual, without its ending", default="index"
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = manual_page(self.page)
        if path is None:
            refusal = Refusal("no-manual", f"There is no manual beside {SOURCE}.", "Install the packed extension.")
            self.report({"ERROR"}, tell(refusal))
            return {"CANCELLED"}
        self.report({"INFO"}, translated(f"The manual is {path}"))
        if not bpy.app.background:
            bpy.ops.wm.path_open(filepath=str(path))
        return {"FINISHED"}


def manual_page(name: str) -> Path | None:
    """The file of a page, or of the first one where there is no such page; None in a checkout, which has no site."""
    folder = SOURCE / "manual"
    return next((path for path in (folder / f"{name}.html", folder / "index.html") if path.is_file()), None)


CLASSES = (FACSIMILE_OT_open_manual,)
