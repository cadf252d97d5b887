"""The rigid motion of a head, frame by frame."""

import numpy as np

ROUNDS = 6
SURE = 1e-4
"""Metres: residuals below this are never taken for errors."""


def rigid_motions(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (T, 3, 3) and translations (T, 3) that bring source nearest to target, in float64 (Kabsch 1976).

    source: (m, 3) or (T, m, 3). target: (T, m, 3). weights: (m,) or (T, m), not negative, some of them positive in
    every frame.
    """
    share = np.broadcast_to(weights, target.shape[:2])
    share = (share / share.sum(1, keepdims=True))[:, None]
    source = np.broadcast_to(source, target.shape)
    a, b = share @ source, share @ target
    cross = ((source - a) * share[:, 0, :, None]).swapaxes(1, 2) @ (target - b)
    u, _, v = np.linalg.svd(cross)
    turned = np.linalg.det(u) * np.linalg.det(v) < 0
    v[turned, 2] *= -1
    rotations = np.swapaxes(u @ v, 1, 2)
    return rotations, (b - a @ np.swapaxes(rotations, 1, 2))[:, 0]


def head_motions(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As rigid_motions, where some points do not follow the head: iteratively reweighted (Geman and McClure 1987) at a
    scale from each frame's median residual."""
    trusted = np.broadcast_to(weights, target.shape[:2])
    rotations, translations = rigid_motions(source, target, trusted)
    for _ in range(ROUNDS):
        off = np.linalg.norm(moved(rotations, translations, source) - target, axis=2)
        scale = np.maximum(2.0 * _weighted_median(off, weights), SURE)
        trusted = weights / np.square(1.0 + np.square(off / scale[:, None]))
        rotations, translations = rigid_motions(source, target, trusted)
    return rotations, translations


def moved(rotations: np.ndarray, translations: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(T, m, 3): points (m, 3) or (T, m, 3) under the motions (T, 3, 3), (T, 3)."""
    return points @ np.swapaxes(rotations, 1, 2) + translations[:, None]


def at_rest(rotations: np.ndarray, translations: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(T, m, 3): points (T, m, 3) with the motions undone."""
    return (points - translations[:, None]) @ rotations


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(T,) of values (T, m) with weights (m,)."""
    order = np.argsort(values, axis=1, kind="stable")
    passed = np.cumsum(weights[order], axis=1)
    at = (passed < 0.5 * passed[:, -1:]).sum(1)
    return np.take_along_axis(values, np.take_along_axis(order, at[:, None], 1), 1)[:, 0]
