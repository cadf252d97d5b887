"""Where the face ends, and how far around the eye its own channels reach: beyond, nothing moves."""

from functools import cache

import numpy as np
from scipy.spatial import KDTree

from backend.cloning.reference import references

BACK, TOP, BOTTOM = (0.02, 0.0), (0.095, 0.115), (-0.105, -0.135)
"""Canonical metres between which motion fades out: in depth, towards the ears; in height, up the forehead and down the
throat."""

LIDS, ORBIT = (0.3, 0.6), (0.6, 1.2)
"""Distances from the margins, in widths of the eye, between which motion fades out that belongs to the lids alone, and
to the ring of muscle around the eye."""

AROUND_EYE = {
    "eyeLookUp": LIDS,
    "eyeLookDown": LIDS,
    "eyeLookIn": LIDS,
    "eyeLookOut": LIDS,
    "eyeSquint": ORBIT,
}
"""Channels that end near the eye, by their names without the side. Scans of people who look up show raised brows as
well, and raised cheeks where they squint; those have channels of their own."""

EYES = {"L": "eye_left", "R": "eye_right"}


def face_region(canonical: np.ndarray) -> np.ndarray:
    """(n,) float32 factors for displacements at places (n, 3) of the canonical head: 1 in the face, 0 beyond, smooth
    between."""
    share = np.ones(len(canonical))
    for value, fade in ((canonical[:, 2], BACK), (canonical[:, 1], TOP), (canonical[:, 1], BOTTOM)):
        share *= _fading(value, fade)
    return share.astype(np.float32)


def channel_region(name: str, canonical: np.ndarray) -> np.ndarray:
    """(n,) float32 factors for the displacements of one channel (ICT name) at places (n, 3) of the canonical head: 1
    but for channels AROUND_EYE, which end near theirs."""
    stem, _, side = name.rpartition("_")
    if stem not in AROUND_EYE:
        return np.ones(len(canonical), np.float32)
    tree, width = _margins(EYES[side])
    return _fading(tree.query(canonical)[0] / width, AROUND_EYE[stem]).astype(np.float32)


def _fading(value: np.ndarray, fade: tuple[float, float]) -> np.ndarray:
    """1 at the first value of `fade` and on that side of it, 0 from the second on, smooth between."""
    inner, outer = fade
    into = np.clip((value - outer) / (inner - outer), 0.0, 1.0)
    return into**2 * (3 - 2 * into)


@cache
def _margins(eye: str) -> tuple[KDTree, float]:
    """The margins of the lids of a canonical eye, and the distance between their corners."""
    reference = references()[eye]
    width = float(np.linalg.norm(reference.upper[-1] - reference.upper[0]))
    return KDTree(np.concatenate([reference.upper, reference.lower])), width
