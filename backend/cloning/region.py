"""Where the face ends: on scalp, ears, nape and chest nothing moves."""

import numpy as np

BACK, TOP, BOTTOM = (0.02, 0.0), (0.095, 0.115), (-0.105, -0.135)
"""Canonical metres between which motion fades out: in depth, towards the ears; in height, up the forehead and down the
throat."""


def face_region(canonical: np.ndarray) -> np.ndarray:
    """(n,) float32 factors for displacements at places (n, 3) of the canonical head: 1 in the face, 0 beyond, smooth
    between."""
    share = np.ones(len(canonical))
    for value, (inner, outer) in ((canonical[:, 2], BACK), (canonical[:, 1], TOP), (canonical[:, 1], BOTTOM)):
        into = np.clip((value - outer) / (inner - outer), 0.0, 1.0)
        share *= into**2 * (3 - 2 * into)
    return share.astype(np.float32)
