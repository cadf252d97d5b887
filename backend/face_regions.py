"""The regions of a face that options speak of: strength, smoothing and dead zones are given for each."""

from collections.abc import Mapping, Sequence

import numpy as np

REGIONS = {
    "brows": ("brow",),
    "eyes": ("eye",),
    "nose": ("nose", "cheek"),
    "mouth": ("mouth", "jaw", "tongue"),
}
"""The regions that have a value of their own, and which of the channels' regions belong to each."""


def by_region(channels: Sequence[str], values: Mapping[str, float], otherwise: float) -> np.ndarray:
    """(K,) float32: of each channel, named as ICT or ARKit names it, its region's value; `otherwise` where its region
    has none."""
    # Here and not above: the table of channels is read from disk, and switching the add-on on must not wait for it.
    from .channels import CHANNELS

    region = {name: channel.region for channel in CHANNELS for name in (channel.name, channel.arkit)}
    value = {part: values.get(name, otherwise) for name, parts in REGIONS.items() for part in parts}
    return np.array([value.get(region.get(name, ""), otherwise) for name in channels], np.float32)
