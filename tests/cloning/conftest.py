"""A synthetic face and the real canonical head that sealing and attaching are tested on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from backend.cloning.eyeballs import Eyeball
from backend.geometry.sphere import fit_sphere

SKIN, SOCKETS = 11248, 14062
BALLS = ((21451, 23021), (23021, 24591))


@dataclass(frozen=True)
class Head:
    """vertices, canonical: (n, 3). triangles: (t, 3). deltas: (K, n, 3). names: (K,). eyes: left and right."""

    vertices: np.ndarray
    canonical: np.ndarray
    triangles: np.ndarray
    deltas: np.ndarray
    names: tuple[str, ...]
    eyes: tuple[Eyeball | None, Eyeball | None]

    def delta(self, *names: str) -> np.ndarray:
        """The sum of some shapes, (n, 3)."""
        return sum((self.deltas[self.names.index(name)] for name in names), np.zeros_like(self.vertices))

    def shapes(self, deltas: np.ndarray) -> "Head":
        """The same head with other shapes."""
        return replace(self, deltas=np.asarray(deltas, np.float64))


@dataclass(frozen=True)
class Facekit:
    """ICT-FaceKit in metres: neutral (N, 3), identity (100, N, 3), triangles, shapes (K, N, 3) with their names."""

    neutral: np.ndarray
    identity: np.ndarray
    triangles: np.ndarray
    shapes: np.ndarray
    names: tuple[str, ...]
    parts: dict[str, tuple[int, int]]

    def head(self, seed: int | None = None, wobble: float = 0.0, sockets: bool = False) -> Head:
        """The skin of the mean head or a random one, its correspondence off by `wobble` metres, smoothly."""
        points = self.neutral
        if seed is not None:
            points = points + np.tensordot(np.random.default_rng(seed).standard_normal(100), self.identity, 1)
        balls = [fit_sphere(points[a:b]) for a, b in BALLS]
        count = SOCKETS if sockets else SKIN
        canonical = self.neutral[:count] + (smooth_noise(points[:count], wobble, 5 + (seed or 0)) if wobble else 0)
        return Head(
            points[:count],
            canonical,
            self.triangles[(self.triangles < count).all(1)],
            self.shapes[:, :count],
            self.names,
            (Eyeball(balls[0][0], balls[0][1]), Eyeball(balls[1][0], balls[1][1])),
        )


def smooth_noise(points: np.ndarray, size: float, seed: int) -> np.ndarray:
    """(n, 3) a random field that changes over centimetres, root mean square length `size`."""
    random = np.random.default_rng(seed)
    waves, phases = random.standard_normal((40, 3)) / 0.02, random.uniform(0, 2 * np.pi, (40, 3))
    field = np.stack([np.cos(points @ waves.T + phases[:, axis]).sum(1) for axis in range(3)], axis=1)
    return field * size / np.sqrt((field**2).sum(1).mean())


@pytest.fixture(scope="session")
def facekit(corpus: Path) -> Facekit:
    """The ICT head with the shapes that sealing looks at."""
    wanted = ("eyeBlink_L", "eyeBlink_R", "eyeSquint_L", "eyeLookDown_L", "jawOpen", "jawForward", "mouthClose")
    with np.load(corpus / "ict_facekit.npz", allow_pickle=False) as data:
        names = data["expression_names"].tolist()
        ranges = dict(zip(data["part_names"].tolist(), data["part_vertex_range"].tolist(), strict=True))
        return Facekit(
            data["neutral"].astype(np.float64) * 0.01,
            data["identity"].astype(np.float32) * 0.01,
            data["triangles"],
            data["expression"][[names.index(name) for name in wanted]].astype(np.float64) * 0.01,
            wanted,
            {name: (int(a), int(b) + 1) for name, (a, b) in ranges.items()},
        )


def _sheet(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:rows, 0:columns]
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    below = np.stack([a, a + 1, a + columns + 1], axis=1)
    above = np.stack([a, a + columns + 1, a + columns], axis=1)
    vertices = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)]) * 0.002
    return vertices, np.concatenate([below, above])


@pytest.fixture(scope="session")
def sheet() -> Callable[[int, int], tuple[np.ndarray, np.ndarray]]:
    """sheet(rows, columns): a flat piece of skin in z = 0, 2 mm between vertices, facing +z."""
    return _sheet
