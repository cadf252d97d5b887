"""What a performance has data-blocks do: values over time of shape keys, bones, objects and custom properties."""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.errors import Refusal


@dataclass(frozen=True)
class Channel:
    """What one curve moves. path: the data path from the curve's owner, such as a shape key's value, a pose bone's
    location or a custom property. index: of an array's element. group: the name that the curve is listed under."""

    path: str
    index: int = 0
    group: str = ""


@dataclass(frozen=True)
class Motion:
    """What one data-block is to do. channels: (C,), each once. values: (T, C). scale: (C,), what counts as a change of
    1 in each when keys are left out; None for 1 in all."""

    owner: bpy.types.ID
    channels: tuple[Channel, ...]
    values: np.ndarray
    scale: np.ndarray | None = None


def merged(motions: Sequence[Motion]) -> list[Motion]:
    """One for each data-block. Raises Refusal where two of them move the same channel."""
    found: dict[int, list[Motion]] = {}
    for one in motions:
        found.setdefault(one.owner.session_uid, []).append(one)
    return [together(parts) if len(parts) > 1 else parts[0] for parts in found.values()]


def together(parts: Sequence[Motion]) -> Motion:
    """The motions of one data-block as one. Raises Refusal as merged does."""
    channels = tuple(channel for part in parts for channel in part.channels)
    seen: set[tuple[str, int]] = set()
    for channel in channels:
        if (channel.path, channel.index) in seen:
            raise Refusal(
                "twice",
                f'Two things are to move "{parts[0].owner.name}" ({channel.group or channel.path}).',
                "Choose another object or bone for the head or an eye, or let the control rest.",
            )
        seen.add((channel.path, channel.index))
    scales = [np.ones(len(part.channels)) if part.scale is None else part.scale for part in parts]
    values = np.concatenate([part.values for part in parts], axis=1)
    return Motion(parts[0].owner, channels, values, np.concatenate(scales))
