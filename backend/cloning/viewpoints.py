"""The directions and picture windows in which a face is looked for on a mesh whose orientation nobody knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

UPRIGHT = {
    "z up, from -y": ((0, 0, 1), (0, -1, 0)),
    "y up, from +z": ((0, 1, 0), (0, 0, 1)),
    "z up, from +y": ((0, 0, 1), (0, 1, 0)),
    "z up, from +x": ((0, 0, 1), (1, 0, 0)),
    "z up, from -x": ((0, 0, 1), (-1, 0, 0)),
    "y up, from -z": ((0, 1, 0), (0, 0, -1)),
    "y up, from +x": ((0, 1, 0), (1, 0, 0)),
    "y up, from -x": ((0, 1, 0), (-1, 0, 0)),
}
"""Up and viewing directions of the customs of 3D programs, the commonest first: Blender, then glTF and most others."""

WINDOWS = (1.0, 0.5, 0.25, 0.15)
"""Fractions of a figure's height, from the top: a head or mask, a bust, a child or toy, a grown figure."""


@dataclass(frozen=True)
class Viewpoint:
    """rotation: (3, 3) of a Camera. rolls: the turns of the picture in which to look, degrees. name: in words. odds:
    how far to trust a poor likeness seen from here, 0..1; files are customarily upright and face the front."""

    rotation: np.ndarray
    rolls: tuple[float, ...]
    name: str
    odds: float


@cache
def upright() -> tuple[Viewpoint, ...]:
    """The 16 directions from which files customarily show a face, the likely ones first: the customs, and halfway
    between them."""
    views = [
        Viewpoint(_rotation(up, towards), (0.0,), name, 1.0 if count < 2 else 0.6)
        for count, (name, (up, towards)) in enumerate(UPRIGHT.items())
    ]
    for letter, up, others in (("z", (0, 0, 1), (0, 1)), ("y", (0, 1, 0), (0, 2))):
        for first in (-1, 1):
            for second in (-1, 1):
                towards = np.zeros(3)
                towards[list(others)] = first, second
                views.append(Viewpoint(_rotation(up, towards), (0.0,), f"{letter} up, from {_name(towards)}", 0.6))
    return tuple(views)


@cache
def turned() -> tuple[Viewpoint, ...]:
    """All 26 directions of a cube's faces, edges and corners with the picture turned by eighths."""
    grid = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1], [-1, 0, 1], indexing="ij"), axis=-1).reshape(-1, 3)
    grid = grid[np.argsort(np.abs(grid).sum(1), kind="stable")][1:]
    rolls = tuple(45.0 * k for k in range(8))
    views = []
    for towards in grid:
        up = (0, 1, 0) if abs(towards[2]) == 1 and not towards[:2].any() else (0, 0, 1)
        views.append(Viewpoint(_rotation(up, towards), rolls, f"turned, from {_name(towards)}", 0.4))
    return tuple(views)


def windows(silhouette: np.ndarray, roll: float, size: int) -> Iterator[np.ndarray]:
    """(2, 3) affine maps from a picture of `size` pixels to windows 0..1 x 0..1 over it, turned clockwise by `roll`
    degrees about its middle: the whole, then ever smaller parts from the top of what is seen.

    silhouette: (p, 2) pixel columns and rows of what is seen.
    """
    cosine, sine = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    turn = np.array([[cosine, -sine], [sine, cosine]])
    points = (silhouette - size / 2) @ turn.T
    low, high = points.min(0), points.max(0)
    height = high[1] - low[1]
    for fraction in WINDOWS:
        if fraction == 1.0:
            middle, side = (low + high) / 2, 1.15 * float((high - low).max())
        else:
            band = points[points[:, 1] <= low[1] + fraction * height]
            middle = np.array([np.median(band[:, 0]), low[1] + 0.45 * fraction * height])
            side = 1.25 * fraction * height
        side = max(side, 8.0)
        yield np.concatenate([turn, (-turn @ [size / 2, size / 2] - middle + side / 2)[:, None]], axis=1) / side


def _rotation(up: tuple[int, int, int] | np.ndarray, towards: tuple[int, int, int] | np.ndarray) -> np.ndarray:
    back = np.asarray(towards, np.float64) / np.linalg.norm(towards)
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(back, right), back])


def _name(towards: np.ndarray) -> str:
    return "".join(f"{'+' if value > 0 else '-'}{'xyz'[axis]}" for axis, value in enumerate(towards) if value)
