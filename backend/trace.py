"""What a clip's own mesh did, in few numbers: its rig can then be made to do the same, not what channels say of it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_VERTICES, MOST_MODES = 4096, 64
FIELDS = ("vertices", "numbers", "points", "weights", "modes", "amounts")


@dataclass(frozen=True)
class Trace:
    """vertices: of the mesh. numbers: (s,) int32, those that were looked at, and points: (s, 3) where they are at rest.
    weights: (s,) how much each counts. modes: (r, s, 3) displacements, without rigid motion of all, in the mesh's units
    and frame. amounts: (T, r), of each in every frame. Floats are float32."""

    vertices: int
    numbers: np.ndarray
    points: np.ndarray
    weights: np.ndarray
    modes: np.ndarray
    amounts: np.ndarray

    def part(self, first: int, end: int) -> "Trace":
        """Of the frames from first up to end."""
        return replace(self, amounts=self.amounts[first:end])

    def arrays(self) -> dict[str, np.ndarray]:
        """What stands for it in a file."""
        return {f"trace_{name}": np.asarray(getattr(self, name)) for name in FIELDS}


def trace_of(arrays: "Mapping[str, np.ndarray]", frames: int) -> Trace | None:
    """The trace of a file's arrays, for so many frames; None where there is none. Raises Refusal for one that is
    damaged."""
    found = [arrays.get(f"trace_{name}") for name in FIELDS]
    if all(array is None for array in found):
        return None
    damaged = Refusal("bad-performance", "The trace of the performance is damaged.", "Make it again.")
    if any(array is None or array.dtype.kind not in "fiu" for array in found):
        raise damaged
    vertices, numbers, points, weights, modes, amounts = (array for array in found if array is not None)
    count, rank = len(np.atleast_1d(numbers)), len(np.atleast_1d(modes))
    shapes = ((), (count,), (count, 3), (count,), (rank, count, 3), (frames, rank))
    if tuple(array.shape for array in (vertices, numbers, points, weights, modes, amounts)) != shapes:
        raise damaged
    if not 0 < count <= MOST_VERTICES or not 0 < rank <= MOST_MODES or numbers.dtype.kind not in "iu":
        raise damaged
    if (numbers < 0).any() or (numbers >= vertices).any():
        raise damaged
    floats = [np.asarray(array, np.float32) for array in (points, weights, modes, amounts)]
    if not all(np.isfinite(array).all() for array in floats) or (floats[1] < 0).any():
        raise damaged
    return Trace(int(vertices), numbers.astype(np.int32), *floats)


def small_motions(points: np.ndarray) -> np.ndarray:
    """(6, s, 3) displacements of points (s, 3) by translations and by small turns about their middle."""
    ray = points - points.mean(0)
    turns = np.cross(np.eye(3)[:, None], ray)
    return np.concatenate([np.broadcast_to(np.eye(3)[:, None], turns.shape), turns / max(np.abs(ray).max(), 1e-30)])


def without_rigid(fields: np.ndarray, points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n, 3s) fields (n, s, 3) times the roots of weights (s,), less what a small motion of all points (s, 3) does."""
    root = np.sqrt(weights.astype(np.float64))[:, None]
    rigid = np.linalg.qr((small_motions(points) * root).reshape(6, -1).T)[0]
    flat = (fields * root).reshape(len(fields), -1)
    return flat - (flat @ rigid) @ rigid.T
