"""What a fitted head keeps with its empty and its cameras: sliders of its shape, and which photograph is whose."""

from typing import Any

import bpy

SLIDERS = {
    "face_width": ("Face Width", "Distance of the cheekbones"),
    "forehead": ("Forehead", "Height from the brows to the hairline"),
    "brow_height": ("Brow Height", "Distance of the brows from the lids"),
    "brow_ridge": ("Brow Ridge", "How far the brows stand out before the lids"),
    "cheeks": ("Cheeks", "How far the cheeks stand out"),
    "eye_distance": ("Eye Distance", "Distance of the eyes' middles"),
    "eye_width": ("Eye Width", "Distance of each eye's corners"),
    "eye_opening": ("Eye Opening", "Distance of the lids at rest"),
    "eye_slant": ("Eye Slant", "How far the outer corners lie above the inner ones"),
    "nose_length": ("Nose Length", "From between the eyes to the lip"),
    "nose_width": ("Nose Width", "Distance of the nostrils' sides"),
    "nose_forward": ("Nose Forward", "How far the nose's tip stands out"),
    "lip_distance": ("Lip Distance", "From the nose to the upper lip"),
    "mouth_width": ("Mouth Width", "Distance of the mouth's corners"),
    "upper_lip": ("Upper Lip", "Height of the upper lip"),
    "lower_lip": ("Lower Lip", "Height of the lower lip"),
    "jaw_width": ("Jaw Width", "Distance of the jaw's corners"),
    "chin_length": ("Chin Length", "From the lower lip to the chin"),
    "chin_forward": ("Chin Forward", "How far the chin stands out"),
}
"""Properties with their names and what they measure; the backend has them under the same names."""


def moved(owner: Any, context: bpy.types.Context) -> None:
    """A slider has moved; as a property's update function."""
    # Here and not above: switching the add-on on must not wait for it.
    from .head_shape import HEAD_SHAPE

    HEAD_SHAPE.follow(owner.id_data)


def _slider(name: str, measure: str) -> Any:
    return bpy.props.FloatProperty(
        name=name,
        description=f"{measure}, in standard deviations among people, against what was fitted. Nothing else is changed",
        soft_min=-3.0,
        soft_max=3.0,
        min=-10.0,
        max=10.0,
        precision=2,
        step=5,
        update=moved,
    )


class FacsimileCoefficient(bpy.types.PropertyGroup):
    """One number of an identity code."""

    value: bpy.props.FloatProperty(
        name="Coefficient",
        description="Of the identity code as it was fitted, in standard deviations among people",
        min=-10.0,
        max=10.0,
        soft_min=-4.0,
        soft_max=4.0,
        update=moved,
    )


class FacsimileFitted(bpy.types.PropertyGroup):
    """A fitted head, on its empty. The shape is that of the coefficients, and what the sliders add to it."""

    # All of them here: since Python 3.14 annotations beside such a dictionary are lost.
    __annotations__ = {
        **{name: _slider(*words) for name, words in SLIDERS.items()},
        "coefficients": bpy.props.CollectionProperty(type=FacsimileCoefficient, options={"HIDDEN"}),
    }


class FacsimileView(bpy.types.PropertyGroup):
    """A photograph, on the camera that sees the head as it does."""

    head: bpy.props.PointerProperty(type=bpy.types.Object, options={"HIDDEN"})
    order: bpy.props.IntProperty(options={"HIDDEN"})


CLASSES = (FacsimileCoefficient, FacsimileFitted, FacsimileView)


def register() -> None:
    bpy.types.Object.facsimile_fitted = bpy.props.PointerProperty(type=FacsimileFitted)
    bpy.types.Object.facsimile_view = bpy.props.PointerProperty(type=FacsimileView)


def unregister() -> None:
    del bpy.types.Object.facsimile_view
    del bpy.types.Object.facsimile_fitted
