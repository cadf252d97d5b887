"""The landmarks of the face in a photograph, of any size."""

from collections.abc import Iterator

import cv2
import numpy as np

from backend.errors import Refusal
from backend.imaging.landmarks import LandmarkDetector

OVERVIEW = 1024
"""Pixels of the longer side in which faces are looked for."""

PARTS = (1, 2)
"""Where the whole picture shows no face, squares are searched whose side is its shorter side over these: the detector
sees a small copy of what it is given, in which small faces vanish."""

CLOSE, MARGIN = 512, 0.3
"""Pixels of the second look's picture, and how much around the face it has on each side, in its size."""

SAME = 0.3
"""Of its size: how far apart two finds of one face may be."""

SMALLEST = 16
"""Pixels between brow and chin below which nothing can be said of an expression."""


def find_face(pixels: np.ndarray, detector: LandmarkDetector, last: np.ndarray | None = None) -> tuple[np.ndarray, int]:
    """The landmarks (478, 3) float64 of the largest face in pixels (x right, y down, pixel centres at i + 0.5; z in
    pixels too, nearer is smaller), and how many faces there are. A second, closer look makes them as exact in a large
    or small picture as the detector can. last: landmarks (478, 3) of the face that is meant, a moment ago: the nearest
    is taken instead of the largest. Faces that are small in the picture are looked for in parts of it.

    pixels: (H, W, 3) uint8. Raises Refusal where no face is found, or one too small.
    """
    faces = _look(pixels, (0, 0), pixels.shape[1::-1], OVERVIEW, detector) or _search_parts(pixels, detector)
    if not faces:
        raise Refusal(
            "no-face",
            "No face was found in the picture.",
            "Choose one that shows the face from the front or half from the side, upright.",
        )
    face = max(faces, key=_size) if last is None else min(faces, key=lambda one: _apart(one, last))
    if _size(face) < SMALLEST:
        raise Refusal(
            "small-face", f"The face is {_size(face):.0f} pixels large.", "Choose a picture with a larger one."
        )
    again = look_again(pixels, face, detector)
    return (face if again is None else again), len(faces)


def _search_parts(pixels: np.ndarray, detector: LandmarkDetector) -> list[np.ndarray]:
    """The faces (478, 3) of the first part of a picture in which any is found that a closer look finds again."""
    for low, high in _squares(*pixels.shape[1::-1]):
        faces = [look_again(pixels, one, detector) for one in _look(pixels, low, high, CLOSE, detector)]
        if found := [face for face in faces if face is not None]:
            return found
    return []


def _squares(width: int, height: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Squares that cover a picture and overlap by half, large ones first: first and last pixel (x, y)."""
    for share in PARTS:
        side = max(SMALLEST, min(width, height) // share)
        across, down = (
            sorted({*range(0, max(1, length - side), side // 2), max(0, length - side)}) for length in (width, height)
        )
        for top in down:
            for left in across:
                yield (left, top), (left + side, top + side)


def look_again(pixels: np.ndarray, face: np.ndarray, detector: LandmarkDetector) -> np.ndarray | None:
    """The landmarks (478, 3) of the face that lies where face (478, 3) does, or did a moment ago, seen closely; None
    where there is none."""
    middle, reach = (face.min(0) + face.max(0))[:2] / 2, (0.5 + MARGIN) * _size(face)
    low = np.maximum(middle - reach, 0).astype(int)
    high = np.minimum(np.ceil(middle + reach), pixels.shape[1::-1]).astype(int)
    if _size(face) < SMALLEST or (high - low < SMALLEST).any():
        return None
    close = _look(pixels, tuple(low), tuple(high), CLOSE, detector)
    nearest = min(close, key=lambda one: _apart(one, face), default=face)
    return nearest if close and _apart(nearest, face) < SAME * _size(face) else None


def _size(face: np.ndarray) -> float:
    """Of a face's landmarks, pixels: the longer side of the box around them."""
    return float(np.ptp(face[:, :2], axis=0).max())


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """Pixels between the middles of two faces."""
    return float(np.linalg.norm((one - other).mean(0)[:2]))


def _look(
    pixels: np.ndarray, low: tuple[int, ...], high: tuple[int, ...], longer: int, detector: LandmarkDetector
) -> list[np.ndarray]:
    """The faces (478, 3) in the part of a picture from pixel low to high (x, y), seen with a longer side of so many
    pixels."""
    part = pixels[low[1] : high[1], low[0] : high[0]]
    scale = longer / max(part.shape[:2])
    size = [max(1, round(scale * side)) for side in part.shape[1::-1]]
    seen = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    zoom = np.divide(part.shape[1::-1], size)
    return [face * [*zoom, zoom[0]] + [*low, 0] for face in detector.detect(seen)]
