"""The settings of the panel, kept with each scene and mesh. The state of a job is in session.py and is never saved."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import bpy

from ..backend.face_regions import REGIONS
from .choices import Existing
from .names import CUSTOM, name_map, presets
from .roles import AUTOMATIC, ROLES
from .translation import OURS

if TYPE_CHECKING:
    from .options import BuildOptions, WriteOptions

VOCABULARIES = (
    ("arkit", "ARKit", "The 52 names that capture apps, game engines and avatars use"),
    ("ict", "ICT", "The 53 names of ICT-FaceKit, where brows and cheeks have a left and a right side"),
    (CUSTOM, "Custom", "Names of your own, from a map that is saved as a preset"),
)

EXISTING = (
    (Existing.KEEP, "Keep", "Add only what is missing; keys that are there already stay as they are"),
    (Existing.UPDATE, "Update", "Give the keys that Facsimile made new shapes, with what you have sculpted on them; "
     "your own stay as they are"),
    (Existing.REPLACE, "Replace", "Give all keys of these names new shapes, your own and sculpted ones too. Values, "
     "drivers and animation stay, and Remove Face Shapes brings the shapes of your own keys back"),
)  # fmt: skip

FRONTS = (
    (AUTOMATIC, "Automatic", "The face is looked for on all sides"),
    ("-Y", "-Y", "The face is on the side that the front view shows"),
    ("+Y", "+Y", "The face is on the side that the back view shows"),
    ("+X", "+X", "The face is on the side that the right view shows"),
    ("-X", "-X", "The face is on the side that the left view shows"),
    ("+Z", "+Z", "The face looks up"),
    ("-Z", "-Z", "The face looks down"),
)


def strength_property(name: str, what: str) -> Any:
    """The strength of one region."""
    return bpy.props.FloatProperty(
        name=name,
        description=f"How strong the shapes of {what} are. 1 is what was built",
        default=1.0,
        min=0.0,
        max=3.0,
        soft_max=2.0,
        subtype="FACTOR",
    )


def preset_names(owner: object, context: bpy.types.Context, text: str) -> list[str]:
    """The saved name maps, for a field that searches."""
    return presets()


class BuildProperties:
    """What the backend is asked for."""

    names: bpy.props.EnumProperty(
        name="Names", description="How the shape keys are called", items=VOCABULARIES, translation_context=OURS
    )
    name_map: bpy.props.StringProperty(
        name="Name Map", description="The saved map of key names that Custom uses", search=preset_names
    )
    front: bpy.props.EnumProperty(
        name="Front", description="The side of the head that has the face, along the world's axes", items=FRONTS
    )
    seals: bpy.props.BoolProperty(
        name="Close Eyes and Lips",
        description="Correct the shapes until lids meet in a blink and lips meet over an open jaw",
        default=True,
    )
    correctives: bpy.props.BoolProperty(
        name="Correctives",
        description="Add keys that repair what two shapes do together, where lips would enter teeth or lids pass each "
        "other. Drivers move them",
        default=False,
    )


class WriteProperties:
    """How what was built is written."""

    existing: bpy.props.EnumProperty(
        name="Existing Keys",
        description="What becomes of shape keys that have these names already. Locked ones always stay",
        items=EXISTING,
        default=Existing.UPDATE,
        translation_context=OURS,
    )
    brows: strength_property("Brows", "the brows")
    eyes: strength_property("Eyes", "lids and eyeballs")
    nose: strength_property("Nose, Cheeks", "nose and cheeks")
    mouth: strength_property("Mouth, Jaw", "mouth, jaw and tongue")
    link_parts: bpy.props.BoolProperty(
        name="Drive Parts",
        description="Have the keys of eyes, teeth and so on follow those of the head by drivers, so that one slider "
        "moves the whole face",
        default=False,
    )


class FacsimileSettings(BuildProperties, WriteProperties, bpy.types.PropertyGroup):
    """How face shapes are built in this scene."""


class FacsimileMesh(bpy.types.PropertyGroup):
    """What is known of one mesh."""

    role: bpy.props.EnumProperty(
        name="Role", description="What this mesh is, where it was recognised wrongly", items=ROLES
    )
    region: bpy.props.StringProperty(
        name="Head Region",
        description="A vertex group: only its vertices are looked at and moved, each by its weight",
    )
    recognised: bpy.props.StringProperty(
        name="Recognised As", description="What this mesh was taken for when its shapes were built"
    )
    canonical: bpy.props.FloatVectorProperty(
        name="Face Frame",
        description="Where the face was found when its shapes were built",
        size=16,
        options={"HIDDEN"},
    )


def build_options(owner: Any) -> "BuildOptions":
    """The options that a settings group or an operator holds. Raises Refusal for a name map that is none."""
    # Here and not above: switching the add-on on must not wait for it.
    from .options import BuildOptions

    front = "" if owner.front == AUTOMATIC else owner.front
    return BuildOptions(name_map(owner.names, owner.name_map), owner.correctives, owner.seals, front)


def write_options(owner: Any) -> "WriteOptions":
    """The options that a settings group or an operator holds."""
    # Here and not above: switching the add-on on must not wait for it.
    from .options import WriteOptions

    strengths = {name: getattr(owner, name) for name in REGIONS}
    return WriteOptions(Existing(owner.existing), strengths, owner.link_parts)


def as_properties(options: "WriteOptions") -> Mapping[str, Any]:
    """The same as an operator's arguments."""
    strengths = {name: options.strengths.get(name, 1.0) for name in REGIONS}
    return {"existing": options.existing.value, "link_parts": options.link_parts, **strengths}


def copy_properties(source: Any, target: Any) -> None:
    """Give an operator the settings of the panel."""
    for name in (*BuildProperties.__annotations__, *WriteProperties.__annotations__):
        setattr(target, name, getattr(source, name))


CLASSES = (FacsimileSettings, FacsimileMesh)


def register() -> None:
    bpy.types.Scene.facsimile = bpy.props.PointerProperty(type=FacsimileSettings)
    bpy.types.Mesh.facsimile = bpy.props.PointerProperty(type=FacsimileMesh)


def unregister() -> None:
    del bpy.types.Mesh.facsimile
    del bpy.types.Scene.facsimile
