"""What an animator asks of a performance's curves before they are written: strengths, gains, smoothing, a rate."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from .channels import recognise
from .errors import Refusal
from .face_regions import REGIONS, by_region
from .performance import Performance, check_rate
from .smoothing import smoothed

HEAD, GAZE = "head", "gaze"
SMOOTHED = (*REGIONS, HEAD, GAZE)
"""What can be smoothed, each for itself: the regions' channels, the head's motion, and the eyes'."""

STILL_RADIANS, STILL_METRES = 0.003, 0.0005
"""Differences of head and eyes smaller than this are never motion."""


@dataclass(frozen=True)
class CurveOptions:
    """strength: factors by region of REGIONS. gain: factors and offset: summands by channel, in any spelling; a name
    without a side means both. dead_zone: by region, the weight below which a channel counts as 0. smooth: seconds by
    entry of SMOOTHED, the width of the neighbourhood in time. rate: frames per second wanted, None for the
    performance's own. What is not named stays as it is."""

    strength: Mapping[str, float] = field(default_factory=dict)
    gain: Mapping[str, float] = field(default_factory=dict)
    offset: Mapping[str, float] = field(default_factory=dict)
    dead_zone: Mapping[str, float] = field(default_factory=dict)
    smooth: Mapping[str, float] = field(default_factory=dict)
    rate: float | None = None


AS_IT_IS = CurveOptions()


def adjusted(motion: Performance, options: CurveOptions) -> Performance:
    """The performance as the options want it: smoothed, then rid of what lies in the dead zone, then scaled and offset,
    then at the rate.

    Above its dead zone d a weight w becomes (w - d) / (1 - d), so that curves do not jump and 1 stays 1. Weights are
    not clipped: what a key can take is the target's affair. Raises Refusal for options that check_options refuses.
    """
    check_options(options)
    names, weights = motion.names, motion.weights
    seconds = by_region(names, options.smooth, 0.0)
    weights = smoothed(weights, seconds * motion.fps)
    head, gaze = (options.smooth.get(part, 0.0) * motion.fps for part in (HEAD, GAZE))
    dead = by_region(names, options.dead_zone, 0.0)
    weights = np.sign(weights) * np.maximum(np.abs(weights) - dead, 0) / (1 - dead)
    factor = by_region(names, options.strength, 1.0) * _by_channel(names, options.gain, 1.0)
    weights = weights * factor + _by_channel(names, options.offset, 0.0)
    result = replace(
        motion,
        weights=weights.astype(np.float32),
        head=np.concatenate(
            [
                smoothed(motion.head[:, :3], np.full(3, head), STILL_RADIANS),
                smoothed(motion.head[:, 3:], np.full(3, head), STILL_METRES),
            ],
            axis=1,
        ),
        gaze=smoothed(motion.gaze, np.full(4, gaze), STILL_RADIANS),
        torsion=smoothed(motion.torsion, np.full(2, gaze), STILL_RADIANS),
    )
    return result if options.rate is None else result.resample(options.rate)


def check_options(options: CurveOptions) -> None:
    """Raises Refusal for regions and channels that do not exist, values that are no numbers, and seconds, dead zones
    and rates out of range."""
    for name, values, known in (
        ("strength", options.strength, tuple(REGIONS)),
        ("dead zone", options.dead_zone, tuple(REGIONS)),
        ("smoothing", options.smooth, SMOOTHED),
    ):
        for region in values:
            if region not in known:
                raise Refusal(
                    "bad-region", f"There is no region {region!r} to give a {name}.", f"Use {', '.join(known)}."
                )
    for channel in (*options.gain, *options.offset):
        if not recognise(channel):
            raise Refusal(
                "bad-channels", f"Unknown channel {channel!r}.", "Use ARKit's names, such as jawOpen or eyeBlinkLeft."
            )
    limits = (
        ("strength", options.strength, -10.0, 10.0),
        ("gain", options.gain, -10.0, 10.0),
        ("offset", options.offset, -10.0, 10.0),
        ("dead zone", options.dead_zone, 0.0, 0.99),
        ("smoothing", options.smooth, 0.0, 10.0),
    )
    for name, values, least, most in limits:
        for key, value in values.items():
            # A comparison with NaN is false.
            if not least <= value <= most:
                raise Refusal(
                    "bad-option", f"The {name} of {key} is {value:g}.", f"Give a number from {least:g} to {most:g}."
                )
    if options.rate is not None:
        check_rate(options.rate)


def _by_channel(names: tuple[str, ...], values: Mapping[str, float], otherwise: float) -> np.ndarray:
    """(C,) float32: of each channel the last value whose name means it; `otherwise` where none does."""
    result = np.full(len(names), otherwise, np.float32)
    for wanted, value in values.items():
        meant = set(recognise(wanted))
        for at, name in enumerate(names):
            if meant & set(recognise(name)):
                result[at] = value
    return result
