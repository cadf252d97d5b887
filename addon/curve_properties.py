"""What is done to a performance's curves before they are written, as settings of the panel and of operators."""

from typing import TYPE_CHECKING, Any

import bpy

from ..backend.face_regions import REGIONS
from .preview import refresh

if TYPE_CHECKING:
    from ..backend.curve_options import CurveOptions

PARTS = (*REGIONS, "head", "gaze")
"""What is smoothed, each for itself."""


class FacsimileChannel(bpy.types.PropertyGroup):
    """What is done to one channel."""

    name: bpy.props.StringProperty(
        name="Channel", description="ARKit's name, such as jawOpen; without a side it means both", update=refresh
    )
    gain: bpy.props.FloatProperty(
        name="Gain", description="What the channel is multiplied with", default=1.0, min=-10.0, max=10.0, update=refresh
    )
    offset: bpy.props.FloatProperty(
        name="Offset", description="What is then added", default=0.0, min=-10.0, max=10.0, step=1, update=refresh
    )


def strength(name: str, what: str) -> Any:
    """The strength of a region."""
    return bpy.props.FloatProperty(
        name=name,
        description=f"How strongly {what} act. 1 is as they were recorded",
        default=1.0,
        min=0.0,
        max=10.0,
        soft_max=2.0,
        update=refresh,
    )


def dead_zone(name: str, what: str) -> Any:
    """The dead zone of a region."""
    return bpy.props.FloatProperty(
        name=name,
        description=f"Weights of {what} below this count as rest",
        default=0.0,
        min=0.0,
        max=0.99,
        soft_max=0.3,
        step=1,
        update=refresh,
    )


def smoothing(name: str, what: str) -> Any:
    """The smoothing of a part."""
    return bpy.props.FloatProperty(
        name=name,
        description=f"Seconds over which noise is taken out of {what}. Blinks and closing lips stay as they are",
        default=0.0,
        min=0.0,
        max=10.0,
        soft_max=0.5,
        step=1,
        subtype="TIME_ABSOLUTE",
        update=refresh,
    )


class CurveProperties:
    """Strengths, dead zones and smoothing of regions, gain and offset of channels, and how many keys are left."""

    strength_brows: strength("Brows", "brows")
    strength_eyes: strength("Eyes", "lids and eyes")
    strength_nose: strength("Nose, Cheeks", "nose and cheeks")
    strength_mouth: strength("Mouth, Jaw", "mouth, jaw and tongue")
    dead_brows: dead_zone("Brows", "the brows")
    dead_eyes: dead_zone("Eyes", "lids and eyes")
    dead_nose: dead_zone("Nose, Cheeks", "nose and cheeks")
    dead_mouth: dead_zone("Mouth, Jaw", "mouth, jaw and tongue")
    smooth_brows: smoothing("Brows", "the brows")
    smooth_eyes: smoothing("Eyes", "lids and eyes")
    smooth_nose: smoothing("Nose, Cheeks", "nose and cheeks")
    smooth_mouth: smoothing("Mouth, Jaw", "mouth, jaw and tongue")
    smooth_head: smoothing("Head", "the head's motion")
    smooth_gaze: smoothing("Gaze", "the turning eyes")
    channels: bpy.props.CollectionProperty(name="Channels", type=FacsimileChannel)
    reduce: bpy.props.BoolProperty(
        name="Fewer Keys",
        description="Leave out keyframes that the straight line between others replaces",
        default=False,
    )
    reduce_error: bpy.props.FloatProperty(
        name="Error",
        description="How far the curves may be from what they were: of keys in weight, of other controls in shares of "
        "their range, of head and eyes in radians",
        default=0.005,
        min=0.0001,
        max=1.0,
        step=1,
        precision=4,
    )


def curve_options(owner: Any) -> "CurveOptions":
    """The options that the settings or an operator hold."""
    from ..backend.curve_options import CurveOptions

    named = [one for one in owner.channels if one.name]
    return CurveOptions(
        strength={name: getattr(owner, f"strength_{name}") for name in REGIONS},
        gain={one.name: one.gain for one in named},
        offset={one.name: one.offset for one in named},
        dead_zone={name: getattr(owner, f"dead_{name}") for name in REGIONS},
        smooth={name: getattr(owner, f"smooth_{name}") for name in PARTS},
    )


CLASSES = (FacsimileChannel,)
