"""Flags of the verbs that put a performance onto a character."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..bake_options import BakeOptions
from ..choices import Gaze, Rate, Where
from ..curves import Placement
from ..pose_curves import Mover
from ..properties import FRONTS
from ..roles import AUTOMATIC
from .files import names_in

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_clip_arguments(verb: "ArgumentParser") -> None:
    """The scene, the performance from a file, and where the scene is written."""
    verb.add_argument("scene", type=Path, metavar="SCENE", help="a .blend, or another file with a character")
    verb.add_argument(
        "--performance", type=Path, required=True, metavar="CLIP", help="a .csv of Live Link Face, a .txt, or an .npz"
    )
    verb.add_argument("--out", type=Path, required=True, metavar="OUT.blend", help="where to write")


def add_bake_arguments(verb: "ArgumentParser", objects: str, where: Where) -> None:
    """How a performance is put onto a character. objects: which ones act if none are named. where: the curves go if
    nothing is said."""
    from ...backend.curve_flags import add_curve_options

    verb.add_argument(
        "--objects", type=names_in, metavar="A,B", help=f"the meshes that act (default: all visible {objects})"
    )
    verb.add_argument(
        "--where",
        choices=[place.lower() for place in Where],
        default=where.lower(),
        help="where the curves go (default: %(default)s)",
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
        "--front",
        type=str.upper,
        choices=[axis for axis, *_ in FRONTS[1:]],
        default=AUTOMATIC,
        help="the side that has the face, as --front=-y (default: as it was found, or else -y)",
    )
    add_curve_options(verb)


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


def mover_in(text: str) -> Mover:
    """An object, or an armature's bone behind a colon."""
    item, _, bone = text.partition(":")
    return Mover(item, bone)
