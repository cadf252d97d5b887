"""The shape keys that a head already has, from a file."""

import zipfile
from pathlib import Path

import numpy as np

from backend.archives import BROKEN
from backend.channels import ARKIT_NAMES, ICT_NAMES
from backend.errors import Refusal
from backend.geometry.formats.npz import read_array
from backend.geometry.formats.refusals import damaged

CURE = "Save names (K,), ARKit's or ICT-FaceKit's, and deltas (K, N, 3) in the head's order, units and frame."


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
