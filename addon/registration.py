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
    correct_fit,
    correct_points,
    draw_thumbnails,
    fit_photo,
    fit_video,
    mapping,
    mirror_changes,
    name_map,
    open_manual,
    preview_controls,
    preview_performance,
    remove_backend,
    remove_shapes,
    retarget,
    review,
    save_performance,
    set_up_backend,
    show_residual,
    show_shape,
    speak,
    speak_live,
    write_correction,
    write_fit,
    write_shapes,
    write_speech,
    write_take,
)
from . import (
    command_line,
    fit_panel,
    fit_preview,
    fit_properties,
    fitted_panel,
    fitted_properties,
    head_shape,
    panel,
    performance_panel,
    performance_properties,
    performing,
    preferences,
    properties,
    review_panel,
    reviewing,
    rig_panel,
    rig_properties,
    rig_state,
    session,
    setting_up,
    speech_panel,
    speech_properties,
    thumbnails,
    translation,
)

CLASSES = (
    *preferences.CLASSES,
    *properties.CLASSES,
    *performance_properties.CLASSES,
    *fit_properties.CLASSES,
    *fitted_properties.CLASSES,
    *speech_properties.CLASSES,
    *rig_properties.CLASSES,
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
    *write_fit.CLASSES,
    *fit_photo.CLASSES,
    *fit_video.CLASSES,
    *write_correction.CLASSES,
    *correct_fit.CLASSES,
    *correct_points.CLASSES,
    *write_speech.CLASSES,
    *speak.CLASSES,
    *speak_live.CLASSES,
    *channels.CLASSES,
    *preview_performance.CLASSES,
    *save_performance.CLASSES,
    *retarget.CLASSES,
    *preview_controls.CLASSES,
    *mapping.CLASSES,
    *show_residual.CLASSES,
    *backend.CLASSES,
    *set_up_backend.CLASSES,
    *remove_backend.CLASSES,
    *copy_report.CLASSES,
    *open_manual.CLASSES,
    *panel.CLASSES,
    *review_panel.CLASSES,
    *performance_panel.CLASSES,
    *fit_panel.CLASSES,
    *fitted_panel.CLASSES,
    *speech_panel.CLASSES,
    *rig_panel.CLASSES,
)

MODULES = (
    translation,
    properties,
    performance_properties,
    fit_properties,
    fitted_properties,
    speech_properties,
    rig_properties,
    command_line,
    session,
    thumbnails,
    reviewing,
    performing,
    fit_preview,
    head_shape,
    rig_state,
)
"""What has more to tell Blender than classes, in this order; it is forgotten in the opposite one."""


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    for module in MODULES:
        module.register()


def unregister() -> None:
    setting_up.unregister()
    backend.unregister()
    for module in reversed(MODULES):
        module.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
