"""Sliders of a head's shape that are named after what they change: directions in the space of identity codes."""

from functools import cache

import numpy as np

from backend.fitting.basis import open_head_basis

X, Y, Z = range(3)

MEASURES: dict[str, tuple[int, tuple[int, ...], tuple[int, ...]]] = {
    "Face Width": (X, (454,), (234,)),
    "Forehead": (Y, (10,), (105, 334)),
    "Brow Height": (Y, (105, 334), (159, 386)),
    "Brow Ridge": (Z, (105, 334), (159, 386)),
    "Cheeks": (Z, (50, 280), (234, 454)),
    "Eye Distance": (X, (263, 362), (33, 133)),
    "Eye Width": (X, (263, 133), (362, 33)),
    "Eye Opening": (Y, (159, 386), (145, 374)),
    "Eye Slant": (Y, (33, 263), (133, 362)),
    "Nose Length": (Y, (168,), (2,)),
    "Nose Width": (X, (358,), (129,)),
    "Nose Forward": (Z, (4,), (129, 358)),
    "Lip Distance": (Y, (2,), (0,)),
    "Mouth Width": (X, (291,), (61,)),
    "Upper Lip": (Y, (0,), (13,)),
    "Lower Lip": (Y, (14,), (17,)),
    "Jaw Width": (X, (397,), (172,)),
    "Chin Length": (Y, (17,), (152,)),
    "Chin Forward": (Z, (152,), (172, 397)),
}
"""Along an axis of the canonical frame, from the mean of some landmarks to the mean of others."""


def measured(landmarks: np.ndarray) -> np.ndarray:
    """(..., S) the MEASURES of landmarks (..., 478, 3), in their unit."""
    return np.stack(
        [
            landmarks[..., list(more), axis].mean(-1) - landmarks[..., list(less), axis].mean(-1)
            for axis, more, less in MEASURES.values()
        ],
        axis=-1,
    )


@cache
def slider_directions() -> np.ndarray:
    """(S, I): the least change of an identity code that raises one of the MEASURES by its standard deviation among
    heads and leaves the others as they are. Cached: treat as read-only."""
    slopes = measured(open_head_basis().identity).T
    return np.linalg.pinv(slopes).T * np.linalg.norm(slopes, axis=1)[:, None]
