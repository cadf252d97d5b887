"""What is made of a fit, as settings of the panel and of operators."""

from typing import Any

import bpy

HEAD, SELECTED = "HEAD", "SELECTED"

FOOTAGE = "footage"
"""The panel that shows how a fit ended."""

TARGETS = (
    (HEAD, "New Head", "A head with keys, a camera that sees it as the footage does, and the footage behind it"),
    (SELECTED, "Selected", "Only the expression, on the keys of the selected meshes"),
)


class FitProperties:
    """What a photograph or a film becomes."""

    target: bpy.props.EnumProperty(name="Make", description="What becomes of the face that is seen", items=TARGETS)
    texture: bpy.props.BoolProperty(
        name="Texture", description="Give the new head the colours of the photograph, where it is seen", default=True
    )
    match: bpy.props.BoolProperty(
        name="Match Scene",
        description="Give the scene the size of the footage, and the frame rate and length of a film",
        default=True,
    )


class FacsimileFit(FitProperties, bpy.types.PropertyGroup):
    """What is made of photographs and films in this scene."""


def copy_fit(source: Any, target: Any) -> None:
    """Give an operator the settings."""
    for name in FitProperties.__annotations__:
        setattr(target, name, getattr(source, name))


def as_fit_arguments(owner: Any) -> dict[str, Any]:
    """The settings as an operator's arguments."""
    return {name: getattr(owner, name) for name in FitProperties.__annotations__}


CLASSES = (FacsimileFit,)


def register() -> None:
    bpy.types.Scene.facsimile_fit = bpy.props.PointerProperty(type=FacsimileFit)


def unregister() -> None:
    del bpy.types.Scene.facsimile_fit
