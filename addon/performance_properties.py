"""The settings of the performance panel, kept with each scene. The take itself is in performing.py and never saved."""

from typing import TYPE_CHECKING, Any

import bpy

from .choices import Gaze, Neutral, Rate, Where
from .curve_properties import CLASSES as CURVE_CLASSES
from .curve_properties import CurveProperties, curve_options
from .preview import copying, refresh
from .properties import FRONTS
from .translation import OURS

if TYPE_CHECKING:
    from .bake_options import BakeOptions
    from .clone import CloneOptions

FILE, MESH, KEYS = "FILE", "MESH", "KEYS"

SOURCES = (
    (FILE, "File", "A capture file: Live Link Face, Face Cap, or a performance that was saved"),
    (MESH, "Mesh", "How a mesh of this scene moves, whatever moves it and whatever its topology"),
    (KEYS, "Keys", "The animated shape keys of another character, by their names"),
)

NEUTRALS = (
    (Neutral.AUTOMATIC, "Automatic", "The rest pose where there are keys or an armature, or else the frame that is "
     "most like all others"),
    (Neutral.REST, "Rest Pose", "The basis of the keys, with the armature in its rest pose"),
    (Neutral.FRAME, "Frame", "A frame at which the face is at rest"),
)  # fmt: skip

PLACES = (
    (Where.NEW, "New Action", "The former action stays in the file"),
    (Where.REPLACE, "Replace", "In place of the same curves of an action. Other curves and all modifiers stay"),
    (Where.RANGE, "Replace Range", "The same between the first and the last frame alone"),
    (Where.APPEND, "Append", "Behind the last key of an action"),
    (Where.STRIP, "NLA Strip", "Under your own keys, which are added to it and stay when it is baked anew"),
)

RATES = (
    (Rate.SCENE, "Scene", "Keyframes on every frame of the scene"),
    (Rate.CLIP, "Clip", "Keyframes where the clip has them, between the scene's frames"),
)

GAZES = (
    (Gaze.KEYS, "Keys", "The eyeLook keys turn the eyes"),
    (Gaze.MOVERS, "Bones", "Bones or objects turn the eyes, and the eyeLook keys get no curves"),
    (Gaze.BOTH, "Both", "Bones or objects turn the eyes, and the eyeLook keys move the lids"),
)


def object_name(what: str) -> Any:
    """An object or armature, by name."""
    return bpy.props.StringProperty(
        name=what,
        description=f"What turns with the {what.lower()}: an object, or an armature whose bone is named beside it",
        update=refresh,
    )


def bone_name(what: str) -> Any:
    """A bone of it."""
    return bpy.props.StringProperty(
        name=f"{what} Bone", description=f"The bone that turns with the {what.lower()}", update=refresh
    )


class CloneProperties:
    """How a source of the scene is read."""

    neutral: bpy.props.EnumProperty(
        name="Neutral", description="Which look of the source is its face at rest", items=NEUTRALS
    )
    neutral_frame: bpy.props.IntProperty(
        name="Neutral Frame", description="A frame at which the source's face is at rest", default=1
    )
    scene_range: bpy.props.BoolProperty(
        name="Scene Range", description="Read the scene's frames from its start to its end", default=True
    )
    first_frame: bpy.props.IntProperty(name="First Frame", description="Where reading starts", default=1)
    last_frame: bpy.props.IntProperty(name="Last Frame", description="Where reading ends", default=250)


class BakeProperties(CurveProperties):
    """How a performance is put onto a character."""

    where: bpy.props.EnumProperty(name="Curves", description="Where the curves go", items=PLACES)
    action: bpy.props.StringProperty(
        name="Action",
        description="The action that is written into. Empty: the current one",
        search=lambda self, context, text: [action.name for action in bpy.data.actions],
    )
    slot: bpy.props.StringProperty(
        name="Slot",
        description="The slot of the action that is written into. Empty: the mesh's own",
        search=lambda self, context, text: slot_names(self.action),
    )
    rate: bpy.props.EnumProperty(name="Keyframes", description="Where keyframes lie", items=RATES, default=Rate.CLIP)
    start_frame: bpy.props.FloatProperty(
        name="Start Frame", description="The frame of the scene where the performance begins", default=1.0
    )
    head_object: object_name("Head")
    head_bone: bone_name("Head")
    head_location: bpy.props.BoolProperty(
        name="Move",
        description="The head's motion also shifts it, where the source tells how far",
        default=False,
        update=refresh,
    )
    gaze: bpy.props.EnumProperty(name="Gaze", description="What turns the eyes", items=GAZES, update=refresh)
    left_eye_object: object_name("Left Eye")
    left_eye_bone: bone_name("Left Eye")
    right_eye_object: object_name("Right Eye")
    right_eye_bone: bone_name("Right Eye")
    front: bpy.props.EnumProperty(
        name="Front",
        description="The side of the head that has the face, for head and gaze. Automatic: as it was found when the "
        "shapes were built, or else -Y",
        items=FRONTS,
        update=refresh,
    )


class PreviewProperties:
    """Which frame is looked at while options change."""

    preview_frame: bpy.props.IntProperty(
        name="Frame", description="The frame of the performance that is shown", default=1, min=1, update=refresh
    )


class FacsimilePerformance(CloneProperties, BakeProperties, PreviewProperties, bpy.types.PropertyGroup):
    """Where performances come from in this scene, and how they are put onto characters."""

    source: bpy.props.EnumProperty(
        name="Source", description="Where the performance comes from", items=SOURCES, translation_context=OURS
    )
    filepath: bpy.props.StringProperty(
        name="File", description="A capture file: .csv, .txt or .npz", subtype="FILE_PATH", update=refresh
    )
    source_object: bpy.props.PointerProperty(
        name="Source",
        description="The mesh that moves, or what its meshes hang on: an armature, an empty",
        type=bpy.types.Object,
        poll=lambda self, item: item.type in ("MESH", "ARMATURE", "EMPTY"),
    )


def slot_names(action_name: str) -> list[str]:
    """The slots of an action; none where actions have none."""
    action = bpy.data.actions.get(action_name)
    return [slot.name_display for slot in getattr(action, "slots", ())]


def bake_options(owner: Any) -> "BakeOptions":
    """The options that the settings or an operator hold."""
    # Here and not above: switching the add-on on must not wait for it.
    from .bake_options import BakeOptions
    from .curves import Placement
    from .pose_curves import Mover

    head, left, right = (
        Mover(getattr(owner, f"{part}_object"), getattr(owner, f"{part}_bone"))
        if getattr(owner, f"{part}_object")
        else None
        for part in ("head", "left_eye", "right_eye")
    )
    return BakeOptions(
        Placement(Where(owner.where), owner.action, owner.slot),
        curve_options(owner),
        owner.reduce_error if owner.reduce else 0.0,
        Rate(owner.rate),
        owner.start_frame,
        owner.front,
        head,
        owner.head_location,
        Gaze(owner.gaze),
        (left, right),
    )


def clone_options(owner: Any, scene: Any) -> "CloneOptions":
    """The options that the settings or an operator hold."""
    # Here and not above: switching the add-on on must not wait for it.
    from .clone import CloneOptions

    first, last = (scene.frame_start, scene.frame_end) if owner.scene_range else (owner.first_frame, owner.last_frame)
    return CloneOptions(first, last, Neutral(owner.neutral), owner.neutral_frame)


def copy_performance(source: Any, target: Any, *groups: type) -> None:
    """Give an operator the settings of these groups."""
    with copying():
        for name in names_of(*groups):
            if name == "channels":
                target.channels.clear()
                for one in source.channels:
                    added = target.channels.add()
                    added.name, added.gain, added.offset = one.name, one.gain, one.offset
            else:
                setattr(target, name, getattr(source, name))


def as_arguments(owner: Any) -> dict[str, Any]:
    """How a performance is put onto a character, as an operator's arguments."""
    given = {name: getattr(owner, name) for name in names_of(BakeProperties)}
    given["channels"] = [{"name": one.name, "gain": one.gain, "offset": one.offset} for one in owner.channels]
    return given


def names_of(*groups: type) -> list[str]:
    """The properties of groups, those that they inherit included."""
    return [
        name for group in groups for kind in reversed(group.__mro__) for name in getattr(kind, "__annotations__", ())
    ]


CLASSES = (*CURVE_CLASSES, FacsimilePerformance)


def register() -> None:
    bpy.types.Scene.facsimile_performance = bpy.props.PointerProperty(type=FacsimilePerformance)


def unregister() -> None:
    del bpy.types.Scene.facsimile_performance
