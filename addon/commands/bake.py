"""blender --command facsimile bake: a performance from a file onto a character."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...backend.errors import Refusal
from ..animation import frame_rate
from ..bake_options import BakeOptions
from ..baking import bake, keyed_data
from ..choices import Gaze, Rate, Where
from ..curves import Placement
from ..pose_curves import Mover
from ..properties import FRONTS
from ..roles import AUTOMATIC
from ..takes import Take, read_take
from .files import check_blend, chosen_meshes, load, names_in, save
from .progress import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SUMMARY = "put a performance onto the shape keys of a character"


def add_arguments(verb: "ArgumentParser") -> None:
    """The character, the performance, and how it is put on."""
    verb.add_argument("scene", type=Path, metavar="SCENE", help="a .blend, or another file with a keyed character")
    verb.add_argument(
        "--performance", type=Path, required=True, metavar="CLIP", help="a .csv of Live Link Face, a .txt, or an .npz"
    )
    verb.add_argument("--out", type=Path, required=True, metavar="OUT.blend", help="where to write")
    add_bake_arguments(verb)


def add_bake_arguments(verb: "ArgumentParser") -> None:
    """How a performance is put onto a character."""
    from ...backend.curve_flags import add_curve_options

    verb.add_argument(
        "--objects",
        type=names_in,
        metavar="A,B",
        help="the meshes that act (default: all visible ones with known keys)",
    )
    verb.add_argument(
        "--where", choices=[place.lower() for place in Where], default="new", help="where the curves go (default: new)"
    )
    verb.add_argument("--action", default="", metavar="NAME", help="the action that is written into")
    verb.add_argument("--slot", default="", metavar="NAME", help="its slot")
    verb.add_argument("--start", type=float, metavar="FRAME", help="the scene's frame where the performance begins")
    verb.add_argument("--whole-frames", action="store_true", help="keyframes on the scene's frames alone")
    verb.add_argument("--reduce", type=float, default=0.0, metavar="ERROR", help="fewer keys, within this error")
    mover = {"type": mover_in, "metavar": "OBJECT[:BONE]"}
    verb.add_argument("--head", help="what turns with the head", **mover)
    verb.add_argument("--head-location", action="store_true", help="and is shifted with it")
    verb.add_argument("--left-eye", help="what turns with the left eye", **mover)
    verb.add_argument("--right-eye", help="what turns with the right eye", **mover)
    verb.add_argument(
        "--keep-looks", action="store_true", help="the eyeLook keys act as well where something turns with the eyes"
    )
    verb.add_argument(
        "--front", choices=[axis for axis, *_ in FRONTS[1:]], default=AUTOMATIC, help="the side that has the face"
    )
    add_curve_options(verb)


def run(arguments: "Namespace") -> int:
    """Load a scene, put the performance onto it, save. Raises Refusal."""
    check_blend(arguments.out)
    options = requested_options(arguments)
    take = read_take(arguments.performance)
    load(arguments.scene)
    write(take, targets(arguments.objects), options, arguments.out)
    return DONE


def requested_options(arguments: "Namespace") -> BakeOptions:
    """The options that the flags of add_bake_arguments ask for. Raises Refusal."""
    from ...backend.curve_flags import checked_error, curve_options

    eyes = (arguments.left_eye, arguments.right_eye)
    return BakeOptions(
        Placement(Where(arguments.where.upper()), arguments.action, arguments.slot),
        curve_options(arguments),
        checked_error(arguments.reduce) if arguments.reduce else 0.0,
        Rate.SCENE if arguments.whole_frames else Rate.CLIP,
        1.0 if arguments.start is None else arguments.start,
        arguments.front,
        arguments.head,
        arguments.head_location,
        (Gaze.BOTH if arguments.keep_looks else Gaze.MOVERS) if any(eyes) else Gaze.KEYS,
        eyes,
    )


def targets(names: Sequence[str] | None, without: Sequence[bpy.types.Object] = ()) -> list[bpy.types.Object]:
    """The named meshes, or all visible ones with known keys, but for those in without. Raises Refusal."""
    found = [item for item in chosen_meshes(names) if item not in without]
    if names is None:
        found = [item for item in found if keyed_data([item])]
    if not found:
        raise Refusal(
            "no-keys", "No visible mesh has a key with the name of a channel.", "Build its face shapes first."
        )
    return found


def write(take: Take, objects: Sequence[bpy.types.Object], options: BakeOptions, out: Path) -> None:
    """Put a take onto meshes, save the scene, and say what was done. Raises Refusal."""
    result = bake(take, objects, frame_rate(bpy.context.scene.render), options)
    save(out)
    print(f"{take.name}: {len(take.motion.weights):,} frames at {take.motion.fps:g} fps")
    for one in result.baked:
        print(f"  {one.curves} curves in {one.action}, frames {one.first:g} to {one.last:g}")
    for warning in result.warnings:
        print(f"  {warning}")
    print(f"written to {out}", flush=True)


def mover_in(text: str) -> Mover:
    """An object, or an armature's bone behind a colon."""
    item, _, bone = text.partition(":")
    return Mover(item, bone)
