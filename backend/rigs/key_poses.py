"""The frames of a clip at which a rig is measured again. Numpy alone: Blender chooses with it."""

import numpy as np

EXTREMES, CLUSTERS = 12, 12
"""How many poses as far apart as can be, and how many in the middle of what is alike."""

PASSES = 10

NEAR = 0.1
"""How sharply near poses are preferred: share of the mean distance between poses at which one loses its say. Smoothly,
so that no curve jumps where one takes over from another."""


def key_frames(values: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """(P,) frames of values (T, K), in order: the extremes, each as far as can be from rest and the others, and the
    frames nearest to the middles of clusters. gram: (K, K) products of what the controls do, which say how far two
    poses are apart."""
    energy, axes = np.linalg.eigh(gram)
    places = (values @ axes) * np.sqrt(np.maximum(energy, 0.0))
    distance = np.square(places).sum(1)
    chosen = []
    for _ in range(min(EXTREMES, len(places))):
        farthest = int(distance.argmax())
        if distance[farthest] <= 1e-6 * max(float(np.square(places).sum(1).max()), 1e-30):
            break
        chosen.append(farthest)
        distance = np.minimum(distance, np.square(places - places[farthest]).sum(1))
    if not chosen:
        return np.zeros(1, np.int64)
    middles = places[np.linspace(0, len(places) - 1, CLUSTERS).astype(int)]
    for _ in range(PASSES):
        nearest = squared_distances(places, middles).argmin(1)
        for at in range(len(middles)):
            if (nearest == at).any():
                middles[at] = places[nearest == at].mean(0)
    return np.unique(np.concatenate([chosen, squared_distances(places, middles).argmin(0)])).astype(np.int64)


def squared_distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(A, B) between points (A, d) and (B, d)."""
    squares = np.square(one).sum(1)[:, None] + np.square(other).sum(1) - 2 * one @ other.T
    return np.maximum(squares, 0.0)


def nearness(values: np.ndarray, places: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """(T, P) how much each place (P, K) has to say about values (T, K); rows of sum 1. gram: (K, K) products of what
    the controls do, which say how far two of them are apart."""
    energy, axes = np.linalg.eigh(gram.astype(np.float64))
    root = axes * np.sqrt(np.maximum(energy, 0.0))
    apart = squared_distances(places @ root, places @ root)
    scale = NEAR**2 * max(float(apart.mean()), 1e-30)
    shares = 1.0 / np.square(squared_distances(values @ root, places @ root) + scale)
    return shares / shares.sum(1, keepdims=True)
