"""What Blender gets to know when the extension is switched on, and forgets when it is switched off."""

import bpy

from ..operators import (
    apply_performance,
    backend,
    build_shapes,
    cancel,
    copy_report,
    mapping,
    mirror_changes,
    name_map,
    remove_backend,
    remove_shapes,
    retarget,
    review,
    set_up_backend,
    show_residual,
    write_shapes,
)
from . import command_line, panel, preferences, properties, rig_panel, rig_properties, rig_state, session, setting_up

CLASSES = (
    *preferences.CLASSES,
    *properties.CLASSES,
    *write_shapes.CLASSES,
    *build_shapes.CLASSES,
    *cancel.CLASSES,
    *remove_shapes.CLASSES,
    *name_map.CLASSES,
    *review.CLASSES,
    *mirror_changes.CLASSES,
    *apply_performance.CLASSES,
    *backend.CLASSES,
    *set_up_backend.CLASSES,
    *remove_backend.CLASSES,
    *copy_report.CLASSES,
    *rig_properties.CLASSES,
    *retarget.CLASSES,
    *mapping.CLASSES,
    *show_residual.CLASSES,
    *panel.CLASSES,
    *rig_panel.CLASSES,
)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    rig_properties.register()
    command_line.register()
    session.register()
    rig_state.register()


def unregister() -> None:
    setting_up.unregister()
    backend.unregister()
    rig_state.unregister()
    session.unregister()
    command_line.unregister()
    rig_properties.unregister()
    properties.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
