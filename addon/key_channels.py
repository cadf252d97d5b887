"""Which channels of a face the shape keys of a mesh are, under whatever names."""

import bpy

from .record import channel_of


def channels_of(keys: bpy.types.Key) -> dict[str, tuple[str, ...]]:
    """The names of the keys that are known, and which channels each moves: ARKit's name where it is one, or else
    ICT-FaceKit's, two where the key has no side and the channel has."""
    # Here and not above: the table of channels is read from disk, and switching the add-on on must not wait for it.
    from ..backend.channels import ARKIT_NAMES, CHANNEL, FACE_NAMES, recognise

    known = {*ARKIT_NAMES, *FACE_NAMES}
    found = {}
    for block in keys.key_blocks:
        if block == keys.reference_key:
            continue
        channel = channel_of(keys, block.name)
        if channel in known:
            found[block.name] = (channel,)
            continue
        channels = tuple(name for name in recognise(channel) if name in known)
        shared = {CHANNEL[name].arkit for name in channels}
        if len(channels) == 2 and len(shared) == 1:
            channels = tuple(name for name in shared if name)
        if channels:
            found[block.name] = channels
    return found
