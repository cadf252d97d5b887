"""The curve options as flags of a verb."""

import argparse
from typing import TYPE_CHECKING

from .errors import Refusal

if TYPE_CHECKING:
    from .curve_options import CurveOptions

EVERY = ""
"""The name of a number that is given without one."""


def add_curve_options(parser: argparse.ArgumentParser) -> None:
    """Flags for everything in CurveOptions."""
    options = parser.add_argument_group("curves", "what is done to the channels before they are put onto a character")
    named = {"type": pair, "action": "extend", "nargs": "+", "default": []}
    options.add_argument(
        "--strength",
        metavar="REGION=FACTOR",
        help="of brows, eyes, nose or mouth: --strength mouth=0.8 brows=1.1",
        **named,
    )
    options.add_argument("--gain", metavar="CHANNEL=FACTOR", help="of single channels: --gain jawOpen=1.2", **named)
    options.add_argument("--offset", metavar="CHANNEL=WEIGHT", help="added to single channels", **named)
    options.add_argument(
        "--dead-zone", metavar="[REGION=]WEIGHT", help="weights below this count as 0, in one region or all", **named
    )
    options.add_argument(
        "--smooth",
        metavar="[PART=]SECONDS",
        help="take noise out of a region, of head or gaze, or of all; blinks and closures stay as fast as they are",
        **named,
    )
    options.add_argument("--rate", type=float, metavar="FPS", help="frames per second (default: those of the source)")


def add_reduction(parser: argparse.ArgumentParser) -> None:
    """The flag --reduce, for verbs that write keys."""
    parser.add_argument(
        "--reduce",
        type=float,
        metavar="ERROR",
        help="also which frames are enough as keys, for straight lines between them to stay within this error",
    )


def curve_options(arguments: argparse.Namespace) -> "CurveOptions":
    """The options that the flags of add_curve_options ask for. Raises Refusal."""
    from .curve_options import SMOOTHED, CurveOptions, check_options
    from .face_regions import REGIONS

    options = CurveOptions(
        dict(arguments.strength),
        dict(arguments.gain),
        dict(arguments.offset),
        _spread(arguments.dead_zone, tuple(REGIONS)),
        _spread(arguments.smooth, SMOOTHED),
        arguments.rate,
    )
    check_options(options)
    return options


def checked_error(error: float) -> float:
    """The error of --reduce. Raises Refusal unless it is a number above 0."""
    if not 0 < error < float("inf"):
        raise Refusal("bad-option", f"Keys cannot be reduced within an error of {error:g}.", "Give a number above 0.")
    return error


def pair(text: str) -> tuple[str, float]:
    """A name and a number from NAME=NUMBER, or EVERY and a number. Raises ValueError, which argparse explains."""
    name, equals, number = text.rpartition("=")
    if equals and not name:
        raise ValueError(text)
    return name, float(number)


def _spread(pairs: list[tuple[str, float]], names: tuple[str, ...]) -> dict[str, float]:
    """A number without a name is every name's, unless it has one of its own."""
    every = {name: number for key, number in pairs if key == EVERY for name in names}
    return every | {key: number for key, number in pairs if key != EVERY}
