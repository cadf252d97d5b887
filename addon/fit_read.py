"""Fits of photographs and films, as the backend answers them: plain data, before anything is made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backend.errors import Refusal
from .jobs import JobQueue
from .messages import Result
from .steps import Steps, answered_performance, ask

if TYPE_CHECKING:
    from ..backend.performance import Performance


@dataclass(frozen=True)
class FittedHead:
    """A head in the canonical frame: metres, y up, z out of the face.

    vertices: (V, 3). corners, sizes: polygons. objects: (V,) numbers of object_names. names: of the keys, and deltas:
    (K, V, 3). identity: (I,) code. person: a sentence about whose face it is.
    """

    vertices: np.ndarray
    corners: np.ndarray
    sizes: np.ndarray
    objects: np.ndarray
    object_names: tuple[str, ...]
    names: tuple[str, ...]
    deltas: np.ndarray
    identity: np.ndarray
    person: str


@dataclass(frozen=True)
class PhotoFit:
    """A head fitted to the photographs of paths. turns: quarter turns counterclockwise that bring each file's pixels
    upright. channels: (P, 52). pose: (P, 4, 4) from the head's frame to the camera's, which looks along -z. intrinsics:
    (P, 3, 3) and sizes: (P, 2) height and width, pixels. landmarks: (P, 478, 2) pixels. photo: (P, V, 2) where vertices
    lie in the picture, in shares of it from its upper left corner; seen: (P, V). confidence: (P,)."""

    head: FittedHead
    paths: tuple[Path, ...]
    turns: tuple[int, ...]
    channels: np.ndarray
    pose: np.ndarray
    intrinsics: np.ndarray
    sizes: np.ndarray
    landmarks: np.ndarray
    photo: np.ndarray
    seen: np.ndarray
    confidence: tuple[float, ...]


@dataclass(frozen=True)
class FilmFit:
    """A performance fitted to a film. middle: (3,) the head's rest in the camera's frame. intrinsics: (3, 3) and size:
    height and width, pixels. frames: how many were read, found: of which a face was seen. cuts: the first frames after
    them. broken: whether the film was damaged after its last frame."""

    head: FittedHead
    path: Path
    motion: "Performance"
    middle: np.ndarray
    intrinsics: np.ndarray
    size: tuple[int, int]
    frames: int
    found: int
    cuts: tuple[int, ...]
    broken: bool


def fit_photos(
    queue: JobQueue, patience: float, paths: Sequence[Path], landmarks: np.ndarray | None = None
) -> Steps[PhotoFit]:
    """Step by step, one head fitted to photographs of one person. landmarks: (P, 478, 2) pixels that the user has put
    right. Raises Refusal, and Cancelled."""
    arrays = {} if landmarks is None else {"landmarks": np.asarray(landmarks, np.float32)}
    result = yield from ask(queue, "fit_photo", patience, (0.0, 1.0), {"paths": [str(path) for path in paths]}, arrays)
    head, count = _head(result), len(paths)
    points = len(head.vertices)
    shapes = {
        "channels": (count, len(head.names)),
        "pose": (count, 4, 4),
        "intrinsics": (count, 3, 3),
        "picture_sizes": (count, 2),
        "landmarks": (count, 478, 2),
        "photo": (count, points, 2),
        "seen": (count, points),
    }
    found = {name: _array(result, name, shape) for name, shape in shapes.items()}
    turns, confidence = (_numbers(result, name, count) for name in ("turns", "confidence"))
    sizes = found.pop("picture_sizes")
    return PhotoFit(
        head,
        tuple(paths),
        tuple(map(int, turns)),
        sizes=sizes,
        confidence=tuple(map(float, confidence)),
        **found,
    )


def fit_film(queue: JobQueue, patience: float, path: Path, missing: str = "interpolate") -> Steps[FilmFit]:
    """Step by step, the performance of the face in a film. missing: as the method has it. Raises Refusal, and
    Cancelled."""
    params = {"paths": [str(path)], "missing": missing}
    result = yield from ask(queue, "fit_video", patience, (0.0, 1.0), params, {})
    height, width = _array(result, "picture_size", (2,)).tolist()
    return FilmFit(
        _head(result),
        path,
        answered_performance(result),
        _array(result, "middle", (3,)),
        _array(result, "intrinsics", (3, 3)),
        (height, width),
        int(result.fields.get("frames", 0)),
        int(result.fields.get("found", 0)),
        tuple(map(int, result.fields.get("cuts", ()))),
        bool(result.fields.get("broken")),
    )


def _head(result: Result) -> FittedHead:
    names, objects = result.fields.get("names"), result.fields.get("object_names")
    if not isinstance(names, list) or not isinstance(objects, list):
        raise _unfit()
    count = len(result.arrays.get("vertices", ()))
    corners, sizes = (result.arrays.get(name, np.empty(0, np.int32)) for name in ("corners", "sizes"))
    numbers = _array(result, "objects", (count,))
    if not count or sizes.sum() != len(corners) or not 0 <= corners.min() <= corners.max() < count:
        raise _unfit()
    if not 0 <= numbers.min() <= numbers.max() < len(objects):
        raise _unfit()
    return FittedHead(
        _array(result, "vertices", (count, 3)),
        corners,
        sizes,
        numbers,
        tuple(map(str, objects)),
        tuple(map(str, names)),
        _array(result, "deltas", (len(names), count, 3)),
        result.arrays.get("identity", np.empty(0, np.float32)),
        str(result.fields.get("person", "")),
    )


def _array(result: Result, name: str, shape: tuple[int, ...]) -> np.ndarray:
    found = result.arrays.get(name)
    if found is None or found.shape != shape or (found.dtype.kind == "f" and not np.isfinite(found).all()):
        raise _unfit()
    return found


def _numbers(result: Result, name: str, count: int) -> list[Any]:
    found = result.fields.get(name)
    if not isinstance(found, list) or len(found) != count:
        raise _unfit()
    return found


def _unfit() -> Refusal:
    return Refusal("bad-result", "The backend's answer cannot be understood.", "Restart the backend.")
