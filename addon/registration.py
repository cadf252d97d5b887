"""What Blender gets to know when the extension is switched on, and forgets when it is switched off."""

import bpy

from ..operators import (
    apply_performance,
    backend,
    build_shapes,
    cancel,
    copy_report,
    mirror_changes,
    name_map,
    open_manual,
    remove_backend,
    remove_shapes,
    review,
    set_up_backend,
    write_shapes,
)
from . import command_line, panel, preferences, properties, session, setting_up

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
    *open_manual.CLASSES,
    *panel.CLASSES,
)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    command_line.register()
    session.register()


def unregister() -> None:
    setting_up.unregister()
    backend.unregister()
    session.unregister()
    command_line.unregister()
    properties.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
