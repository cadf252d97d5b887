"""Fits of photographs and films, as the backend answers them: plain data, before anything is made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    """A head fitted to P photographs. channels: (P, 52). pose: (P, 4, 4) from the head's frame to the camera's, which
    looks along -z. intrinsics: (P, 3, 3) and sizes: (P, 2) height and width, pixels. focals: (P,) pixels, 0 where the
    camera did not note it. found: (P, 478, 3) landmarks as the detector has them, landmarks: (P, 478, 2) with what the
    user has put right, pixels. opened: (478, 3) metres, where they lie on a face with its mouth open. photo: (P, V, 2)
    where vertices lie in the picture, in shares of it from its upper left corner; seen: (P, V) how well it shows them.
    confidence: (P,). people: (P,) how many faces each shows. Of files that were read, paths: (P,), turns: quarter turns
    counterclockwise that bring their pixels upright, and mirrored: whether left and right are changed after them."""

    head: FittedHead
    channels: np.ndarray
    pose: np.ndarray
    intrinsics: np.ndarray
    sizes: np.ndarray
    focals: np.ndarray
    found: np.ndarray
    landmarks: np.ndarray
    opened: np.ndarray
    photo: np.ndarray
    seen: np.ndarray
    confidence: tuple[float, ...]
    people: tuple[int, ...]
    paths: tuple[Path, ...] = ()
    turns: tuple[int, ...] = ()
    mirrored: tuple[bool, ...] = ()


@dataclass(frozen=True)
class FilmFit:
    """A performance fitted to a film. middle: (3,) the head's rest in the camera's frame. intrinsics: (3, 3) and size:
    height and width, pixels. frames: how many were read, found: of which a face was seen. cuts: the first frames after
    them. people: the most faces in a frame. broken: whether the film was damaged after its last frame. left: how many
    other films were chosen with it and left alone."""

    head: FittedHead
    path: Path
    motion: "Performance"
    middle: np.ndarray
    intrinsics: np.ndarray
    size: tuple[int, int]
    frames: int
    found: int
    cuts: tuple[int, ...]
    people: int
    broken: bool
    left: int = 0


def fit_photos(queue: JobQueue, patience: float, paths: Sequence[Path]) -> Steps[PhotoFit]:
    """Step by step, one head fitted to photographs of one person. Raises Refusal, and Cancelled."""
    result = yield from ask(queue, "fit_photo", patience, (0.0, 1.0), {"paths": [str(path) for path in paths]}, {})
    turns, mirrored = (_numbers(result, name, len(paths)) for name in ("turns", "mirrored"))
    fit = photo_fit(result, len(paths))
    return replace(fit, paths=tuple(paths), turns=tuple(map(int, turns)), mirrored=tuple(map(bool, mirrored)))


def fit_again(queue: JobQueue, patience: float, arrays: Mapping[str, np.ndarray]) -> Steps[PhotoFit]:
    """Step by step, one head fitted again to photographs whose landmarks are known. arrays: those of the method
    correct_fit. Raises Refusal, and Cancelled."""
    result = yield from ask(queue, "correct_fit", patience, (0.0, 1.0), {}, arrays)
    return photo_fit(result, len(arrays["found"]))


def photo_fit(result: Result, count: int) -> PhotoFit:
    """A fit to so many photographs in the backend's answer. Raises Refusal where there is none."""
    head = _head(result)
    points = len(head.vertices)
    shapes = {
        "channels": (count, len(head.names)),
        "pose": (count, 4, 4),
        "intrinsics": (count, 3, 3),
        "picture_sizes": (count, 2),
        "focals": (count,),
        "found": (count, 478, 3),
        "landmarks": (count, 478, 2),
        "opened": (478, 3),
        "photo": (count, points, 2),
        "seen": (count, points),
    }
    confidence, people = (_numbers(result, name, count) for name in ("confidence", "people"))
    found: dict[str, Any] = {name: array_of(result, name, shape) for name, shape in shapes.items()}
    found["sizes"] = found.pop("picture_sizes")
    return PhotoFit(head, confidence=tuple(map(float, confidence)), people=tuple(map(int, people)), **found)


def fit_film(queue: JobQueue, patience: float, path: Path, missing: str = "interpolate") -> Steps[FilmFit]:
    """Step by step, the performance of the face in a film. missing: as the method has it. Raises Refusal, and
    Cancelled."""
    params = {"paths": [str(path)], "missing": missing}
    result = yield from ask(queue, "fit_video", patience, (0.0, 1.0), params, {})
    height, width = array_of(result, "picture_size", (2,)).tolist()
    return FilmFit(
        _head(result),
        path,
        answered_performance(result),
        array_of(result, "middle", (3,)),
        array_of(result, "intrinsics", (3, 3)),
        (height, width),
        int(result.fields.get("frames", 0)),
        int(result.fields.get("found", 0)),
        tuple(map(int, result.fields.get("cuts", ()))),
        int(result.fields.get("people", 1)),
        bool(result.fields.get("broken")),
    )


def _head(result: Result) -> FittedHead:
    names, objects = result.fields.get("names"), result.fields.get("object_names")
    if not isinstance(names, list) or not isinstance(objects, list):
        raise unfit()
    count = len(result.arrays.get("vertices", ()))
    corners, sizes = (result.arrays.get(name, np.empty(0, np.int32)) for name in ("corners", "sizes"))
    numbers = array_of(result, "objects", (count,))
    if not count or sizes.sum() != len(corners) or not 0 <= corners.min() <= corners.max() < count:
        raise unfit()
    if not 0 <= numbers.min() <= numbers.max() < len(objects):
        raise unfit()
    return FittedHead(
        array_of(result, "vertices", (count, 3)),
        corners,
        sizes,
        numbers,
        tuple(map(str, objects)),
        tuple(map(str, names)),
        array_of(result, "deltas", (len(names), count, 3)),
        result.arrays.get("identity", np.empty(0, np.float32)),
        str(result.fields.get("person", "")),
    )


def array_of(result: Result, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """An array of an answer. Raises Refusal for one of another shape, or with numbers that are none."""
    found = result.arrays.get(name)
    if found is None or found.shape != shape or (found.dtype.kind == "f" and not np.isfinite(found).all()):
        raise unfit()
    return found


def _numbers(result: Result, name: str, count: int) -> list[Any]:
    found = result.fields.get(name)
    if not isinstance(found, list) or len(found) != count:
        raise unfit()
    return found


def unfit() -> Refusal:
    """What is raised for an answer that is none."""
    return Refusal("bad-result", "The backend's answer cannot be understood.", "Restart the backend.")
