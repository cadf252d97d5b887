"""One face through a film: its landmarks in every frame, on the disk, and where the film was cut."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from backend.errors import Progress, Refusal, silent
from backend.fitting.film import Film
from backend.fitting.find_face import find_face, look_again
from backend.imaging.landmarks import LANDMARKS, LandmarkDetector

See = Callable[[np.ndarray, np.ndarray], None]
"""Called with a frame (H, W, 3) uint8 and the landmarks (478, 3) of its face."""

THUMBNAIL = (32, 18)
CUT, USUAL = 0.12, 5.0
"""Mean difference of two frames' thumbnails, of white, from which on there may be a cut; and how many times the
difference that is usual in the film it has to be."""

LOST, SEARCHED = 3, 5
"""Frames without a face after which the film is searched in every SEARCHED-th frame only: that costs the most."""


@dataclass(frozen=True)
class Track:
    """T frames. landmarks: (T, 478, 3) float32 on the disk, pixels, z too; NaN where there was no face. times: (T,)
    seconds. cuts: (T,) bool, the first frame after a cut. faces: (T,) how many faces were seen when it was looked for.
    sharpness: (T,) variance of the face's second derivative over that of its brightness, NaN where there was no face.
    size: height and width. rate: frames per second. broken: whether the film was damaged after its last frame."""

    landmarks: np.ndarray
    times: np.ndarray
    cuts: np.ndarray
    faces: np.ndarray
    sharpness: np.ndarray
    size: tuple[int, int]
    rate: float
    broken: bool


class Followed:
    """follow()'s track for as long as its file is needed."""

    def __init__(self, path: Path, progress: Progress = silent, see: See | None = None) -> None:
        """Reads the film. see: is shown each frame's face. Raises Refusal where it is none, has no frames, or shows no
        face."""
        self._folder = tempfile.TemporaryDirectory(prefix="facsimile-", ignore_cleanup_errors=True)
        try:
            self.track = follow(path, Path(self._folder.name) / "landmarks", progress, see)
        except BaseException:
            self._folder.cleanup()
            raise

    def __enter__(self) -> Track:
        return self.track

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        del self.track
        self._folder.cleanup()


def follow(path: Path, place: Path, progress: Progress = silent, see: See | None = None) -> Track:
    """The face that is largest when it is first seen, and after each cut; landmarks are kept in the file place."""
    times: list[float] = []
    cuts: list[bool] = []
    faces: list[int] = []
    sharpness: list[float] = []
    size = (0, 0)
    with Film(path) as film, LandmarkDetector(faces=5) as detector, place.open("wb") as kept:
        for time, cut, seen, count, sharp, shape in _frames(film, detector, see):
            size = shape
            kept.write(np.ascontiguousarray(seen, np.float32).tobytes())
            times.append(time)
            cuts.append(cut)
            faces.append(count)
            sharpness.append(sharp)
            if len(times) % 10 == 0:
                progress(min(len(times) / max(film.expected, len(times)), 1.0), f"Frame {len(times)}")
        broken, rate = film.broken, film.rate
    if not times:
        raise Refusal("bad-film", f"No frame of {path.name} can be read.", "Export it again.")
    if not any(faces):
        raise Refusal(
            "no-face",
            f"No face was found in {path.name}.",
            "Choose a film that shows the face from the front, upright.",
        )
    landmarks = np.memmap(place, np.float32, "r", shape=(len(times), LANDMARKS, 3))
    columns = (np.array(times), np.array(cuts), np.array(faces), np.array(sharpness, np.float32))
    return Track(landmarks, *columns, size, rate, broken)


def _frames(
    film: Film, detector: LandmarkDetector, see: See | None
) -> Iterator[tuple[float, bool, np.ndarray, int, float, tuple[int, int]]]:
    """For each frame: seconds, whether it follows a cut, landmarks, faces, sharpness, height and width."""
    before: np.ndarray | None = None
    last: np.ndarray | None = None
    usual, lost = 0.0, 0
    size = (0, 0)
    for number, frame in enumerate(film):
        pixels = frame.pixels
        if number == 0:
            size = (len(pixels), len(pixels[0]))
        elif pixels.shape[:2] != size:
            pixels = cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA)
        small = cv2.resize(pixels, THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        change = 0.0 if before is None else float(np.abs(small - before).mean())
        cut = before is not None and change > max(CUT, USUAL * usual)
        usual = usual if cut else 0.9 * usual + 0.1 * change
        before = small
        seen, count = None, 0
        if last is not None and not cut:
            seen, count = look_again(pixels, last, detector), 1
        if seen is None and (lost < LOST or number % SEARCHED == 0 or cut):
            try:
                seen, count = find_face(pixels, detector, None if cut else last)
            except Refusal:
                seen, count = None, 0
        if seen is not None and see is not None:
            see(pixels, seen)
        lost = 0 if seen is not None else lost + 1
        last = seen if seen is not None else (last if lost < LOST else None)
        sharp = float("nan") if seen is None else _sharpness(pixels, seen)
        empty = np.full((LANDMARKS, 3), np.nan, np.float32)
        yield frame.time, cut, empty if seen is None else seen, count if seen is not None else 0, sharp, size


def _sharpness(pixels: np.ndarray, face: np.ndarray) -> float:
    """Of a face in a picture: variance of the Laplacian over that of the brightness, at 128 pixels."""
    low = np.maximum(face[:, :2].min(0), 0).astype(int)
    high = np.minimum(np.ceil(face[:, :2].max(0)), pixels.shape[1::-1]).astype(int)
    if (high - low < 4).any():
        return float("nan")
    grey = cv2.cvtColor(pixels[low[1] : high[1], low[0] : high[0]], cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, (128, 128), interpolation=cv2.INTER_AREA).astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(grey.var(), 1.0))
