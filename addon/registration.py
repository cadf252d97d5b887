"""What Blender gets to know when the extension is switched on, and forgets when it is switched off."""

import bpy

from ..operators import (
    apply_performance,
    backend,
    build_shapes,
    cancel,
    channels,
    clone,
    copy_report,
    draw_thumbnails,
    mirror_changes,
    name_map,
    preview_performance,
    remove_backend,
    remove_shapes,
    review,
    save_performance,
    set_up_backend,
    show_shape,
    write_shapes,
    write_take,
)
from . import (
    command_line,
    panel,
    performance_panel,
    performance_properties,
    performing,
    preferences,
    properties,
    review_panel,
    reviewing,
    session,
    setting_up,
    thumbnails,
)

CLASSES = (
    *preferences.CLASSES,
    *properties.CLASSES,
    *performance_properties.CLASSES,
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
    *write_take.CLASSES,
    *clone.CLASSES,
    *channels.CLASSES,
    *preview_performance.CLASSES,
    *save_performance.CLASSES,
    *backend.CLASSES,
    *set_up_backend.CLASSES,
    *remove_backend.CLASSES,
    *copy_report.CLASSES,
    *panel.CLASSES,
    *review_panel.CLASSES,
    *performance_panel.CLASSES,
)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    performance_properties.register()
    command_line.register()
    session.register()
    thumbnails.register()
    reviewing.register()
    performing.register()


def unregister() -> None:
    setting_up.unregister()
    backend.unregister()
    reviewing.unregister()
    thumbnails.unregister()
    performing.unregister()
    session.unregister()
    command_line.unregister()
    performance_properties.unregister()
    properties.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
