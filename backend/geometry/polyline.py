"""Chains of points: length along them, resampling, and the height of one above another."""

import numpy as np


def arc_length(points: np.ndarray) -> np.ndarray:
    """(p,) the share of a polyline's length before each of its points (p, 3), 0 to 1."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    return length / max(length[-1], 1e-12)


def resample(points: np.ndarray, at: np.ndarray, parameter: np.ndarray) -> np.ndarray:
    """Values (p, c) given along an ascending `parameter` (p,), linearly at `at` (q,): (q, c)."""
    return np.stack([np.interp(at, parameter, points[:, axis]) for axis in range(points.shape[1])], axis=1)


def dense(points: np.ndarray, count: int = 128) -> np.ndarray:
    """A polyline (p, 3) resampled to `count` points at equal steps."""
    return resample(points, np.linspace(0, 1, count), arc_length(points))


def height_gap(
    upper: np.ndarray, lower: np.ndarray, up: np.ndarray, outward: np.ndarray, count: int = 49
) -> np.ndarray:
    """(count,) how far the upper polyline (u, 3) lies above the lower (l, 3), at equal steps between the corners
    without their outer twentieths. Negative where they cross."""
    along = np.cross(up, outward)
    across = [np.stack([line @ along, line @ up], axis=1) for line in (upper, lower)]
    begin = max(line[:, 0].min() for line in across)
    end = min(line[:, 0].max() for line in across)
    at = begin + (end - begin) * np.linspace(0.05, 0.95, count)
    heights = []
    for line, sign in zip(across, (-1.0, 1.0), strict=True):
        a, b = line[:-1], line[1:]
        low, high = np.minimum(a[:, 0], b[:, 0]), np.maximum(a[:, 0], b[:, 0])
        inside = (at[:, None] >= low) & (at[:, None] <= high)
        share = np.clip((at[:, None] - a[:, 0]) / np.where(np.abs(b - a)[:, 0] > 1e-12, (b - a)[:, 0], 1e-12), 0, 1)
        height = a[:, 1] + share * (b - a)[:, 1]
        # a chain that folds back is seen at its edge towards the other one
        heights.append(sign * np.where(inside, sign * height, -np.inf).max(1))
    return heights[0] - heights[1]
