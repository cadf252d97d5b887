"""How a character's own controls are chosen, and what each follows: kept with the scene."""

from typing import TYPE_CHECKING

import bpy

from ..backend.errors import Refusal
from ..backend.rigs.uses import FOLLOW, REST, SOLVE
from .choices import Where
from .performance_properties import PLACES, BakeProperties, PreviewProperties
from .preview import refresh
from .rig_presets import presets
from .translation import OURS

if TYPE_CHECKING:
    from ..backend.rigs.mapping import Entry, Mapping

BAD_ROW = "bad-mapping"
"""Code of the refusal of a row that cannot be understood."""

SELECTED, COLLECTION, VISIBLE, NONE = "SELECTED", "COLLECTION", "VISIBLE", "NONE"

BONES = (
    (SELECTED, "Selected", "The bones that are selected in the pose; all visible ones where none is"),
    (COLLECTION, "Collection", "The bones of one bone collection"),
    (VISIBLE, "Visible", "All bones that are seen. Those that do not move the face are left out"),
    (NONE, "None", "No bones"),
)

USES = (
    (FOLLOW, "Follow", "It follows the channels named beside it", "LINKED", 0),
    (SOLVE, "Solve", "It is solved for, to do what no control follows", "MODIFIER", 1),
    (REST, "Rest", "It stays where nothing is done", "PAUSE", 2),
)


def mark_edited(row: "FacsimileControl", context: bpy.types.Context) -> None:
    """A change by hand decides the row from now on."""
    row.edited = True
    refresh()


def preset_names(owner: object, context: bpy.types.Context, text: str) -> list[str]:
    """The saved mappings, for a field that searches."""
    return presets()


class FacsimileControl(bpy.types.PropertyGroup):
    """One row of the mapping; its name is the control's."""

    use: bpy.props.EnumProperty(name="Use", description="What the control does", items=USES, update=mark_edited)
    follows: bpy.props.StringProperty(
        name="Follows",
        description="The channels that it follows, each with how far the control goes for 1, such as jawOpen 0.5; 1 if "
        "there is no number",
        update=mark_edited,
    )
    why: bpy.props.StringProperty(name="Why", description="Why it was decided like this")
    edited: bpy.props.BoolProperty(
        name="Keep", description="Keep this row as it is; others are decided anew with every performance"
    )


class ControlProperties(BakeProperties):
    """How a performance is put onto a character's own controls."""

    # A body has an action already that has to go on.
    where: bpy.props.EnumProperty(name="Curves", description="Where the curves go", items=PLACES, default=Where.REPLACE)


class FacsimileRig(ControlProperties, PreviewProperties, bpy.types.PropertyGroup):
    """Which controls, which performance, and what follows what."""

    filepath: bpy.props.StringProperty(
        name="Performance",
        description="A Live Link Face .csv, a Face Cap .txt or a Performance .npz",
        subtype="FILE_PATH",
        update=refresh,
    )
    keys: bpy.props.BoolProperty(name="Shape Keys", description="Use shape keys, whatever their names", default=True)
    custom: bpy.props.BoolProperty(
        name="Custom Properties",
        description="Use custom properties that drive the face",
        default=True,
        translation_context=OURS,
    )
    bones: bpy.props.EnumProperty(name="Bones", description="The pose bones that are used", items=BONES)
    collection: bpy.props.StringProperty(name="Bone Collection", description="The bones of this collection are used")
    location: bpy.props.BoolProperty(name="Location", description="Move bones", default=True)
    rotation: bpy.props.BoolProperty(name="Rotation", description="Turn bones", default=True)
    scale: bpy.props.BoolProperty(name="Scale", description="Scale bones", default=False)
    rows: bpy.props.CollectionProperty(
        name="Controls", description="What each control of the character follows", type=FacsimileControl
    )
    row: bpy.props.IntProperty(name="Control", description="The control that is chosen in the list")
    search: bpy.props.StringProperty(
        name="Search",
        description="Show the controls alone whose names, channels or reasons have these words",
        options={"TEXTEDIT_UPDATE", "SKIP_SAVE"},
    )
    preset: bpy.props.StringProperty(name="Mapping", description="A mapping that was saved", search=preset_names)


def fill_rows(settings: FacsimileRig, mapping: "Mapping", edited: set[str]) -> None:
    """Show a mapping. edited: the controls whose rows are kept from now on."""
    settings.rows.clear()
    for name, entry in mapping.items():
        row = settings.rows.add()
        row.name = name
        row.use, row.follows, row.why = entry.use, as_text(entry.channels), entry.why
        row.edited = name in edited
    settings.row = 0


def given_mapping(settings: FacsimileRig) -> "Mapping":
    """The rows that the user has decided. Raises Refusal."""
    return {row.name: row_entry(row) for row in settings.rows if row.edited}


def row_entry(row: FacsimileControl) -> "Entry":
    """What a row says. Raises Refusal."""
    # Here and not above: switching the add-on on must not wait for it.
    from ..backend.rigs.mapping import Entry

    channels = as_channels(row.name, row.follows) if row.use == FOLLOW else {}
    if row.use == FOLLOW and not channels:
        raise Refusal(BAD_ROW, f"{row.name} follows no channel.", "Name one, or choose Rest.")
    return Entry(row.use, channels, "by hand" if not row.why or row.edited else row.why)


def as_text(channels: dict[str, float]) -> str:
    """Such as "jawOpen, mouthClose -0.2"."""
    return ", ".join(name if weight == 1.0 else f"{name} {weight:.4g}" for name, weight in channels.items())


def as_channels(control: str, text: str) -> dict[str, float]:
    """The channels of a row's text; a name without a number counts 1. Raises Refusal."""
    # Here and not above: switching the add-on on must not wait for it.
    from ..backend.channels import ARKIT_NAMES

    found = {}
    for part in text.split(","):
        words = part.split()
        if not words:
            continue
        try:
            weight = float(words[1]) if len(words) > 1 else 1.0
        except ValueError as error:
            raise Refusal(BAD_ROW, f"{control}: {words[1]} is not a number.", "Write jawOpen 0.5.") from error
        if words[0] not in ARKIT_NAMES or len(words) > 2 or not abs(weight) < 1e9:
            raise Refusal(BAD_ROW, f"{control} cannot follow {part.strip()}.", "Write a channel of ARKit and a number.")
        found[words[0]] = weight
    return found


CLASSES = (FacsimileControl, FacsimileRig)


def register() -> None:
    bpy.types.Scene.facsimile_rig = bpy.props.PointerProperty(type=FacsimileRig)


def unregister() -> None:
    del bpy.types.Scene.facsimile_rig
