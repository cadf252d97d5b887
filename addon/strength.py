"""How strong the shapes of each part of the face are."""

from collections.abc import Mapping, Sequence

import numpy as np

REGIONS = {
    "brows": ("brow",),
    "eyes": ("eye",),
    "nose": ("nose", "cheek"),
    "mouth": ("mouth", "jaw", "tongue"),
}
"""The regions that have a strength of their own, and which of the channels' regions belong to each."""


def channel_strengths(channels: Sequence[str], strengths: Mapping[str, float]) -> np.ndarray:
    """(K,) float32: the factor of each channel, named as ICT or ARKit names it; 1 for others."""
    # Here and not above: the table of channels is read from disk, and switching the add-on on must not wait for it.
    from ..backend.channels import CHANNELS

    region = {name: channel.region for channel in CHANNELS for name in (channel.name, channel.arkit)}
    factor = {part: strengths.get(name, 1.0) for name, parts in REGIONS.items() for part in parts}
    return np.array([factor.get(region.get(name, ""), 1.0) for name in channels], np.float32)
