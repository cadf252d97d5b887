"""A clip of surfaces that move: by morph targets of which each frame has so much, or in some way of their own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from backend.channels import ARKIT_NAMES, CHANNEL, FACE_NAMES, recognise
from backend.errors import Refusal
from backend.frames import Frames, finite, frames_per_chunk
from backend.geometry.mesh import FaceMesh
from backend.performance import Performance, check_size, performance
from backend.sources.clip import Clip

MAX_BYTES = 2 << 30
STILL = 1e-6
"""A weight that changes by less than this does not move."""

SIDELESS = ("browInnerUp", "cheekPuff")
"""ARKit's names of two channels each."""


class Surface(Protocol):
    """A part of a clip's mesh, from vertex `start` to `stop`."""

    @property
    def start(self) -> int: ...

    @property
    def stop(self) -> int: ...

    def posed(self, some: slice) -> np.ndarray:
        """(t, n, 3) its vertices in the frames `some`."""
        ...


@dataclass(frozen=True)
class Morphs:
    """A surface with morph targets. start: the number of its first vertex in the mesh. points: (n, 3) at rest, in its
    own frame. names: (k,). deltas: (k, n, 3) float32. weights: (T, k). matrices: (T, 4, 4) from its frame to the
    mesh's, or (1, 4, 4) where it stays."""

    start: int
    points: np.ndarray
    names: tuple[str, ...]
    deltas: np.ndarray
    weights: np.ndarray
    matrices: np.ndarray

    @property
    def stop(self) -> int:
        """The number after its last vertex."""
        return self.start + len(self.points)

    def posed(self, some: slice) -> np.ndarray:
        """(t, n, 3) its vertices in the frames `some`."""
        places = self.points + np.tensordot(self.weights[some].astype(np.float32), self.deltas, axes=1)
        return placed(places, self.matrices, some)


def placed(points: np.ndarray, matrices: np.ndarray, some: slice) -> np.ndarray:
    """Points (t, n, 3) of the frames `some` under matrices (T, 4, 4) or (1, 4, 4)."""
    chosen = matrices[some] if len(matrices) > 1 else matrices
    return points @ chosen[:, :3, :3].swapaxes(1, 2) + chosen[:, None, :3, 3]


def surface_clip(mesh: FaceMesh, surfaces: Sequence[Surface], frames: int, fps: float, source: str) -> Clip:
    """The clip of surfaces that together have all of a mesh's vertices. Raises Refusal for one that is too large."""
    check_size(frames, 64)
    step = frames_per_chunk(len(mesh.vertices))

    def chunks() -> Iterator[np.ndarray]:
        for start in range(0, frames, step):
            some = slice(start, min(start + step, frames))
            chunk = np.empty((some.stop - start, len(mesh.vertices), 3), np.float32)
            for surface in surfaces:
                chunk[:, surface.start : surface.stop] = surface.posed(some)
            yield finite(chunk, start)

    morphs = [surface for surface in surfaces if isinstance(surface, Morphs)]
    channels, unknown = known_channels(morphs, fps, source)
    return Clip(mesh, Frames(frames, len(mesh.vertices), float(fps), chunks, source), channels, unknown)


def check_targets(displacements: int) -> None:
    """Raises Refusal for morph targets that would take more memory than is ever given to them. displacements: how many
    vertices all targets together move or might."""
    if 12 * displacements > MAX_BYTES:
        raise Refusal(
            "too-large",
            f"The morph targets hold {displacements:,} displacements.",
            "Export the head alone, or bake the clip to frames.",
        )


def known_channels(surfaces: Sequence[Morphs], fps: float, source: str) -> tuple[Performance | None, tuple[str, ...]]:
    """The weights of the targets whose names are channels, and the names of those that move and are none. None where
    fewer than half of the targets that move are known. Of surfaces with the same channel the first that moves counts.
    """
    moving: dict[str, np.ndarray] = {}
    for surface in surfaces:
        for name, curve in zip(surface.names, surface.weights.T, strict=True):
            if np.ptp(curve) > STILL:
                moving.setdefault(name, curve)
    unknown = tuple(name for name in moving if not _face_channels(name))
    if not moving or len(unknown) * 2 > len(moving):
        return None, unknown
    found: dict[str, np.ndarray] = {}
    for name, curve in moving.items():
        for channel in _face_channels(name):
            found.setdefault(channel, curve)
    pairs = [[name for name in found if CHANNEL[name].arkit == both] for both in SIDELESS]
    one_sided = any(pair and (len(pair) == 1 or found[pair[0]] is not found[pair[1]]) for pair in pairs)
    if not one_sided:
        found = {CHANNEL[name].arkit or name: curve for name, curve in found.items()}
    names = tuple(name for name in (FACE_NAMES if one_sided else ARKIT_NAMES) if name in found)
    return performance(names, np.stack([found[name] for name in names], axis=1), fps, source=source), unknown


def _face_channels(name: str) -> tuple[str, ...]:
    return tuple(channel for channel in recognise(name) if channel in FACE_NAMES)
