"""Which channels the shape keys of a head are, under whatever names: clips of it are then read with its own keys."""

import numpy as np

from backend.cloning.own_keys import known_keys
from backend.cloning.recall import head_shapes
from backend.cloning.result import Shapes
from backend.errors import Progress
from backend.geometry.mesh import FaceMesh
from backend.rigs.decide import decide
from backend.rigs.fields import fields
from backend.rigs.rig import MAX_CONTROLS, rig
from backend.rigs.uses import FOLLOW

ENOUGH = 30
"""Keys of known names that stand for a whole face: what others do is then not looked at."""

Keys = tuple[tuple[str, ...], np.ndarray]
"""Names (K,) and deltas (K, N, 3) float32."""


def channels_of_keys(mesh: FaceMesh, keys: Keys, progress: Progress) -> Keys | None:
    """The channels that a head's own keys are, and their deltas: by their names, and where fewer than ENOUGH of these
    are known, by what they do, as a retarget decides it. None where none is found. Raises Refusal as head_shapes
    does."""
    known = known_keys(*keys)
    if known is not None and len(known[0]) >= min(ENOUGH, len(keys[0])):
        return known
    if not 0 < len(keys[0]) <= MAX_CONTROLS or not keys[1].any():
        return known
    measured = measured_keys(mesh, keys, head_shapes(mesh, "arkit", progress))
    return measured if len(measured[0]) > len(known[0] if known else ()) else known


def measured_keys(mesh: FaceMesh, keys: Keys, shapes: Shapes) -> Keys:
    """The same by name and by what the keys do to a face. shapes: the head's, under ARKit's names. A key for both sides
    counts as half of a key for each."""
    count = len(keys[0])
    numbered = tuple(f"{name} {at}" if keys[0].index(name) != at else name for at, name in enumerate(keys[0]))
    chosen = rig(mesh, numbered, keys[1], np.zeros(count), np.ones(count))
    found: dict[str, np.ndarray] = {}
    for delta, entry in zip(chosen.deltas, decide(chosen, fields(chosen, shapes), {}).values(), strict=True):
        if entry.use == FOLLOW:
            for channel in entry.channels:
                found[channel] = delta / np.float32(len(entry.channels))
    deltas = np.stack([*found.values()]) if found else np.empty((0, *keys[1].shape[1:]), np.float32)
    return tuple(found), deltas
