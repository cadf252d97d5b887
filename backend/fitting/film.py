"""The frames of a film, of any rate, as far as the file goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from backend.errors import Refusal

LARGEST = 8192 * 8192
"""Pixels of a frame; what is larger is refused before it is unpacked."""

USUAL_RATE, FASTEST = 25.0, 240.0
"""Frames per second where a film does not say, and the most that a film may claim."""


@dataclass(frozen=True)
class FilmFrame:
    """time: seconds since the film began. pixels: (H, W, 3) uint8, upright."""

    time: float
    pixels: np.ndarray


class Film:
    """A film that is read once, frame by frame. rate: frames per second, on average. expected: how many frames it says
    it has, 0 where it does not say. broken: whether reading ended before the file's own end. Raises Refusal."""

    def __init__(self, path: Path) -> None:
        """Opens it. Raises Refusal for what is no film."""
        if not path.is_file():
            raise Refusal("no-file", f"There is no file {path}.", "Check the path.")
        self.path, self.broken = path, False
        try:
            self._container = av.open(str(path), metadata_errors="ignore")
        except (FFmpegError, OSError, ValueError) as error:
            raise Refusal(
                "bad-film", f"{path.name} is no film that can be read, or is cut short.", "Save it as MP4 (H.264)."
            ) from error
        if not self._container.streams.video:
            self._container.close()
            raise Refusal("no-picture", f"{path.name} has no picture.", "Choose a film of a face.")
        self._stream = self._container.streams.video[0]
        if self._stream.codec_context.width * self._stream.codec_context.height > LARGEST:
            self._container.close()
            raise Refusal("too-large", f"The frames of {path.name} are larger than any film's.", "Make it smaller.")
        self._stream.thread_type = "AUTO"
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.rate = float(rate) if rate and 0 < rate <= FASTEST else USUAL_RATE
        length = self._container.duration
        self.expected = self._stream.frames or (round(length / 1e6 * self.rate) if length and length > 0 else 0)

    def __iter__(self) -> Iterator[FilmFrame]:
        """Each frame, until the end or the first that is damaged beyond repair."""
        last, count, begin = -1.0, 0, None
        try:
            for frame in self._container.decode(self._stream):
                time = count / self.rate if frame.time is None else float(frame.time)
                begin = time if begin is None else begin
                time = max(time - begin, last + 1e-4)
                last, count = time, count + 1
                turns = round(frame.rotation / 90) % 4
                yield FilmFrame(time, np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), turns)))
        except (FFmpegError, OSError, ValueError):
            self.broken = True

    def close(self) -> None:
        """Lets go of the file."""
        self._container.close()

    def __enter__(self) -> "Film":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
