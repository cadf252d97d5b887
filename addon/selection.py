"""Which meshes a job is about, and why it cannot start."""

import bpy

from ..backend.errors import Refusal
from .environment import backend_python, missing_reason
from .record import has_shapes
from .session import ON_ITS_WAY, SESSION
from .translation import tell


def selected_meshes(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The selected mesh objects by name. In Edit Mode, those being edited."""
    return sorted((item for item in context.selected_objects if item.type == "MESH"), key=lambda item: item.name_full)


def why_not_build(context: bpy.types.Context) -> str:
    """One sentence on why face shapes cannot be built now; empty when they can."""
    # Here and not above: switching the add-on on must not wait for it.
    from .scene_read import check_objects

    if SESSION.builds(selected_meshes(context)):
        return ON_ITS_WAY
    try:
        check_objects(selected_meshes(context))
    except Refusal as refusal:
        return tell(refusal)
    if backend_python() is None:
        return f"{missing_reason()}. Set it up in the add-on's preferences."
    return ""


def why_not_remove(context: bpy.types.Context) -> str:
    """One sentence on why no shapes of ours can be removed or changed; empty when they can."""
    # Here and not above: switching the add-on on must not wait for it.
    from .scene_read import check_editable

    if SESSION.builds(selected_meshes(context)):
        return ON_ITS_WAY
    chosen = [item for item in selected_meshes(context) if has_shapes(item)]
    if not chosen:
        return "Select a mesh that Facsimile has given shapes."
    try:
        for item in chosen:
            check_editable(item)
    except Refusal as refusal:
        return tell(refusal)
    return ""
