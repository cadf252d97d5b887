"""The frames of a clip at which a rig is measured again. Numpy alone: Blender chooses with it."""

import numpy as np

from .patches import Patch

POSES = 24
"""Frames that are chosen at a time, at most."""

NEAR = 0.1
"""How sharply near poses are preferred: share of the mean distance between poses at which one loses its say. Smoothly,
so that no curve jumps where one takes over from another."""


def key_frames(values: np.ndarray, patches: list[Patch], known: np.ndarray, missed: np.ndarray) -> np.ndarray:
    """(P,) numbers of frames with values (T, K), in order, at which it helps most to measure. The patches of the face
    take turns: the next frame is the one where most is missed of the patch as far as can be from all known poses (Q, K)
    and from what is chosen already. So lids are known shut and half shut though jaws move more. missed: (T, G), of each
    patch."""
    places = [patch.places(values) for patch in patches]
    distances = [
        squared_distances(place, patch.places(known)).min(1) for place, patch in zip(places, patches, strict=True)
    ]
    still = [1e-6 * max(float(np.square(place).sum(1).max(initial=0.0)), 1e-30) for place in places]
    chosen: list[int] = []
    for turn in range(POSES * len(patches)):
        at = turn % len(patches)
        best = int((distances[at] * np.square(missed[:, at])).argmax())
        if len(chosen) == POSES:
            break
        if distances[at][best] <= still[at] or missed[best, at] == 0:
            continue
        chosen.append(best)
        for number, place in enumerate(places):
            distances[number] = np.minimum(distances[number], np.square(place - place[best]).sum(1))
    return np.unique(chosen).astype(np.int64)


def nearness(places: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(T, P) how much each known place (P, d) has to say about places (T, d); rows of sum 1."""
    scale = NEAR**2 * max(float(squared_distances(known, known).mean()), 1e-30)
    shares = 1.0 / np.square(squared_distances(places, known) + scale)
    return shares / shares.sum(1, keepdims=True)


def squared_distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(A, B) between points (A, d) and (B, d)."""
    squares = np.square(one).sum(1)[:, None] + np.square(other).sum(1) - 2 * one @ other.T
    return np.maximum(squares, 0.0)
