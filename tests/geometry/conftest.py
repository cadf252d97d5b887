"""Small surfaces to compute on."""

from collections.abc import Callable

import numpy as np
import pytest

Surface = tuple[np.ndarray, np.ndarray]


def _grid(rows: int, columns: int) -> Surface:
    y, x = np.mgrid[0:rows, 0:columns]
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1).astype(np.float64)
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    lower = np.stack([a, a + 1, a + columns + 1], axis=1)
    upper = np.stack([a, a + columns + 1, a + columns], axis=1)
    return vertices, np.concatenate([lower, upper])


def _sphere(rings: int, around: int) -> Surface:
    """A closed unit sphere, outward, with one vertex at each pole."""
    polar = np.linspace(0, np.pi, rings + 2)[1:-1]
    turn = np.arange(around) * 2 * np.pi / around
    ring = np.stack(
        [
            np.sin(polar)[:, None] * np.cos(turn),
            np.broadcast_to(np.cos(polar)[:, None], (rings, around)),
            -np.sin(polar)[:, None] * np.sin(turn),
        ],
        axis=2,
    ).reshape(-1, 3)
    vertices = np.concatenate([[[0.0, 1.0, 0.0]], ring, [[0.0, -1.0, 0.0]]])
    i, j = np.mgrid[0 : rings - 1, 0:around].reshape(2, -1)
    a, b = 1 + i * around + j, 1 + i * around + (j + 1) % around
    around_pole, following = np.arange(around), (np.arange(around) + 1) % around
    first, last = 1, 1 + (rings - 1) * around
    triangles = [
        np.stack([a, a + around, b + around], axis=1),
        np.stack([a, b + around, b], axis=1),
        np.stack([np.zeros(around, int), first + around_pole, first + following], axis=1),
        np.stack([np.full(around, len(vertices) - 1), last + following, last + around_pole], axis=1),
    ]
    return vertices, np.concatenate(triangles)


@pytest.fixture(scope="session")
def grid() -> Callable[[int, int], Surface]:
    """grid(rows, columns): a flat sheet in z = 0, one unit between vertices, facing +z."""
    return _grid


@pytest.fixture(scope="session")
def sphere() -> Callable[[int, int], Surface]:
    """sphere(rings, around): a closed unit sphere, outward, 2 + rings * around vertices."""
    return _sphere
