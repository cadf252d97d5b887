"""The settings of the panel, kept with each scene. The state of a job is in session.py and is never saved."""

import bpy

VOCABULARIES = (
    ("arkit", "ARKit", "The 52 names that capture apps, game engines and avatars use"),
    ("ict", "ICT", "The 53 names of ICT-FaceKit, where brows and cheeks have a left and a right side"),
)


CORRECTIVES = (
    "Add keys that repair what two shapes do together, where lips would enter teeth or lids pass each other. "
    "Drivers move them"
)


class FacsimileSettings(bpy.types.PropertyGroup):
    """How face shapes are built in this scene."""

    names: bpy.props.EnumProperty(name="Names", description="How the shape keys are called", items=VOCABULARIES)
    replace: bpy.props.BoolProperty(
        name="Replace Existing Keys",
        description="Give shape keys of the same names the new shapes. Their values, drivers and animation stay",
        default=False,
    )
    correctives: bpy.props.BoolProperty(name="Correctives", description=CORRECTIVES, default=False)


CLASSES = (FacsimileSettings,)


def register() -> None:
    bpy.types.Scene.facsimile = bpy.props.PointerProperty(type=FacsimileSettings)


def unregister() -> None:
    del bpy.types.Scene.facsimile
