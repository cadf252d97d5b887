"""Pictures into a film, perhaps with sound: H.264 in MP4, which every player and Blender read."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer

SOUND_BLOCK = 1024
"""Samples of a frame of sound."""


def write_film(
    place: Path,
    pictures: Iterable[np.ndarray],
    rate: float,
    tallest: int | None = None,
    sound: np.ndarray | None = None,
    sound_rate: int = 16_000,
) -> int:
    """Writes pictures (H, W, 3) uint8 at so many frames per second; how many there were. The first one's size, cut to
    even sides and to a height of tallest, is that of all; nothing is written where there are none. sound: (N,) float32,
    which begins with the first picture."""
    with av.open(str(place), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=Fraction(rate).limit_denominator(1001))
        voice = None if sound is None else _Voice(out, sound, sound_rate)
        count = 0
        for count, pixels in enumerate(pictures, 1):
            if count == 1:
                height = max(2, min(len(pixels), tallest or len(pixels)) // 2 * 2)
                stream.height = height
                stream.width = max(2, round(pixels.shape[1] * height / len(pixels)) // 2 * 2)
                stream.pix_fmt = "yuv420p"
            fitted = cv2.resize(pixels, (stream.width, stream.height), interpolation=cv2.INTER_AREA)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(fitted, np.uint8), format="rgb24")))
            if voice is not None:
                voice.write(count / rate)
        if count:
            out.mux(stream.encode())
        if voice is not None and count:
            voice.write(None)
    return count


class _Voice:
    """Sound that is written beside the pictures, so that a film of an hour does not wait in memory."""

    def __init__(self, out: OutputContainer, samples: np.ndarray, rate: int) -> None:
        self._out, self._samples, self._rate, self._place = out, samples, rate, 0
        self._stream = out.add_stream("aac", rate=rate, layout="mono")

    def write(self, until: float | None) -> None:
        """What comes before so many seconds; all that is left, and the end, for None."""
        end = len(self._samples) if until is None else min(len(self._samples), int(until * self._rate))
        while self._place < end and (until is None or end - self._place >= SOUND_BLOCK):
            block = self._samples[self._place : self._place + SOUND_BLOCK]
            frame = av.AudioFrame.from_ndarray(block[None].astype(np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = self._rate, self._place, Fraction(1, self._rate)
            self._out.mux(self._stream.encode(frame))
            self._place += len(block)
        if until is None:
            self._out.mux(self._stream.encode(None))
