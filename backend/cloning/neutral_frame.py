"""Which frame of a clip shows the face at rest, where nobody says so. Imports numpy alone."""

import numpy as np

from .head_motion import at_rest, head_motions


def neutral_frame(places: np.ndarray) -> int:
    """The number of the frame whose shape is nearest to what the vertices do most of the time: to their median, after
    the head's motion is undone. places: (T, m, 3) in any frame of reference, m at least 3.

    A face is at rest more often than in any one expression; where it never is, this is its most usual look.
    """
    points = places.astype(np.float64)
    rotations, translations = head_motions(points[0], points, np.ones(points.shape[1]))
    held = at_rest(rotations, translations, points)
    return int(np.square(held - np.median(held, axis=0)).sum((1, 2)).argmin())
