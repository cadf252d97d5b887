"""The shape keys that a head already has, from a file."""

import zipfile
from pathlib import Path

import numpy as np

from backend.archives import BROKEN
from backend.channels import ARKIT_NAMES, CHANNEL, FACE_NAMES, ICT_NAMES, recognise
from backend.errors import Refusal
from backend.geometry.formats.npz import read_array
from backend.geometry.formats.refusals import damaged

CURE = "Save names (K,), ARKit's or ICT-FaceKit's, and deltas (K, N, 3) in the head's order, units and frame."

CARRIED = (("key_names", "key_deltas"), ("controls", "deltas"))
"""Arrays in which the file of a head may carry its keys: of a character, and of a rig as the verb retarget reads it."""


def carried_keys(path: Path, vertices: int) -> tuple[tuple[str, ...], np.ndarray] | None:
    """The names (K,) and deltas (K, N, 3) float32 of the keys that the .npz of a head carries beside its mesh; None
    where there are none, or they do not fit the mesh, or the file is no .npz. Raises Refusal for a damaged archive."""
    if path.suffix.lower() != ".npz":
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
            pair = next((pair for pair in CARRIED if members >= {f"{name}.npy" for name in pair}), None)
            names = read_array(archive, pair[0], CURE) if pair else np.empty(0)
            if pair is None or names.ndim != 1 or names.dtype.kind != "U" or not len(names):
                return None
            deltas = read_array(archive, pair[1], CURE)
    except BROKEN as error:
        raise damaged("it is not a whole .npz archive") from error
    if deltas.shape != (len(names), vertices, 3) or deltas.dtype.kind not in "fiu":
        return None
    deltas = np.asarray(deltas, np.float32)
    return (tuple(map(str, names)), deltas) if np.isfinite(deltas).all() else None


def known_keys(names: tuple[str, ...], deltas: np.ndarray) -> tuple[tuple[str, ...], np.ndarray] | None:
    """The channels (K,) and deltas (K, N, 3) of the keys whose names are one channel's in anyone's spelling, the first
    of each; None where no name is."""
    channels = [_channel(name) for name in names]
    known = [at for at, channel in enumerate(channels) if channel and channels.index(channel) == at]
    return (tuple(channels[at] for at in known), deltas[known]) if known else None


def _channel(name: str) -> str:
    """ARKit's name of the one channel that a key is, or else ICT-FaceKit's; empty where it is none or several."""
    if name in ARKIT_NAMES:
        return name
    channels = [channel for channel in recognise(name) if channel in FACE_NAMES]
    shared = {CHANNEL[channel].arkit for channel in channels}
    if len(channels) == 2 and len(shared) == 1:
        return shared.pop() or ""
    if len(channels) != 1:
        return ""
    arkit = CHANNEL[channels[0]].arkit
    return arkit if arkit and recognise(arkit) == (channels[0],) else channels[0]


def read_keys(path: Path, vertices: int) -> tuple[tuple[str, ...], np.ndarray]:
    """names (K,) and deltas (K, N, 3) float32 of an .npz, as the verb shapes writes it. Raises Refusal where they are
    missing, damaged, unknown or of another mesh."""
    if not path.is_file():
        raise Refusal("missing-file", f"There is no file {path.name}.", "Check the path.")
    try:
        with zipfile.ZipFile(path) as archive:
            names, deltas = read_array(archive, "names", CURE), read_array(archive, "deltas", CURE)
    except BROKEN as error:
        raise damaged("it is not a whole .npz archive") from error
    if names.ndim != 1 or names.dtype.kind != "U" or deltas.shape != (len(names), vertices, 3):
        raise Refusal("bad-keys", f"{path.name} has keys {deltas.shape} for a head of {vertices:,} vertices.", CURE)
    if deltas.dtype.kind not in "fiu" or not np.isfinite(deltas).all():
        raise Refusal("not-finite", f"{path.name} has displacements that are not numbers.", CURE)
    found = tuple(str(name) for name in names)
    strange = sorted(set(found) - set(ARKIT_NAMES) - set(ICT_NAMES))
    if strange:
        raise Refusal("bad-keys", f"{path.name} has a key {strange[0]}, which is not known.", CURE)
    if len(set(found)) != len(found) or not found:
        raise Refusal("bad-keys", f"{path.name} has no keys, or one of them twice.", CURE)
    return found, np.asarray(deltas, np.float32)
