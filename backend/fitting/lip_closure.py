"""Lips that meet in a film meet in the performance."""

from collections.abc import Mapping

import numpy as np
from scipy.optimize import lsq_linear

from backend.channels import ARKIT_NAMES, convert_weights
from backend.cloning.landmark_map import INNER_LIP
from backend.fitting.basis import NAMES, LandmarkBasis
from backend.fitting.solve import OUTER_CORNERS

UPPER, LOWER = np.array(INNER_LIP[1:10]), np.array(INNER_LIP[:10:-1])
"""Landmarks of the upper lip's inner rim, and those of the lower lip below them."""

MEET, APART = 0.015, 0.03
"""Distances between the lips, in distances of the eyes' outer corners, up to which they meet in a picture, and from
which on they do not: a detector puts lips that are pressed together 0.004 to 0.015 apart."""

CLOSERS = {
    "jawOpen": 1.0,
    "mouthClose": 4.0,
    "mouthFunnel": 1.0,
    "mouthLowerDownLeft": 1.0,
    "mouthLowerDownRight": 1.0,
    "mouthUpperUpLeft": 1.0,
    "mouthUpperUpRight": 1.0,
}
"""Channels that may change where lips must meet, and what a change costs: a jaw that is less open is likelier than lips
that are drawn over an open one."""

ERROR = 0.0005
"""Metres between the lips that cost as much as a change of weights by 1."""


def lip_gap(landmarks: np.ndarray) -> np.ndarray:
    """(T,) the median distance between the lips in landmarks (T, 478, 2 or more), in distances of the eyes' outer
    corners."""
    points = np.asarray(landmarks, np.float64)[..., :2]
    between = np.linalg.norm(points[:, OUTER_CORNERS[0]] - points[:, OUTER_CORNERS[1]], axis=1)
    apart = np.median(np.linalg.norm(points[:, UPPER] - points[:, LOWER], axis=2), axis=1)
    return apart / np.maximum(between, 1e-9)


def bring_together(
    weights: np.ndarray, share: np.ndarray, by_channel: np.ndarray, closers: Mapping[str, float], apart: np.ndarray
) -> np.ndarray:
    """Weights (T, 52) of ARKit's channels, of which closers, by name with what a change of each costs, change as little
    as brings apart + weights @ by_channel to zero, where share (T,) is 1, and that much of it where it is between 0 and
    1. by_channel: (52, P) and apart: (P,), metres."""
    chosen = [ARKIT_NAMES.index(name) for name in closers]
    rows = np.concatenate([by_channel[chosen].T / ERROR, np.diag(list(closers.values()))])
    result = np.array(weights, np.float64)
    for frame in np.flatnonzero(share > 0):
        own = result[frame, chosen]
        wanted = np.concatenate([-(apart + result[frame] @ by_channel) / ERROR, np.zeros(len(chosen))])
        change = lsq_linear(rows, wanted, (-own - 1e-9, 1 - own + 1e-9)).x
        result[frame, chosen] = np.clip(own + share[frame] * change, 0, 1)
    return result


def close_lips(weights: np.ndarray, gap: np.ndarray, basis: LandmarkBasis) -> np.ndarray:
    """Weights (T, 52) of ARKit's channels, of which CLOSERS change as little as brings the lips together in frames
    whose gap (T,), as lip_gap has it, says that they meet."""
    by_channel = convert_weights(np.eye(len(ARKIT_NAMES)), ARKIT_NAMES, NAMES) @ (
        basis.expression[:, UPPER, 1] - basis.expression[:, LOWER, 1]
    )
    share = np.clip((APART - gap) / (APART - MEET), 0, 1)
    return bring_together(weights, share, by_channel, CLOSERS, np.zeros(len(UPPER)))
