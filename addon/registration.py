"""What Blender gets to know when the extension is switched on, and forgets when it is switched off."""

import bpy

from ..operators import (
    apply_performance,
    backend,
    build_shapes,
    cancel,
    copy_report,
    draw_thumbnails,
    drop_capture,
    mirror_changes,
    name_map,
    remove_backend,
    remove_shapes,
    review,
    set_up_backend,
    show_shape,
    write_shapes,
)
from . import command_line, panel, preferences, properties, review_panel, reviewing, session, setting_up, thumbnails

CLASSES = (
    *preferences.CLASSES,
    *properties.CLASSES,
    *write_shapes.CLASSES,
    *build_shapes.CLASSES,
    *cancel.CLASSES,
    *remove_shapes.CLASSES,
    *name_map.CLASSES,
    *review.CLASSES,
    *draw_thumbnails.CLASSES,
    *show_shape.CLASSES,
    *mirror_changes.CLASSES,
    *apply_performance.CLASSES,
    *drop_capture.CLASSES,
    *backend.CLASSES,
    *set_up_backend.CLASSES,
    *remove_backend.CLASSES,
    *copy_report.CLASSES,
    *panel.CLASSES,
    *review_panel.CLASSES,
)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    command_line.register()
    session.register()
    thumbnails.register()
    reviewing.register()


def unregister() -> None:
    setting_up.unregister()
    backend.unregister()
    reviewing.unregister()
    thumbnails.unregister()
    session.unregister()
    command_line.unregister()
    properties.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
