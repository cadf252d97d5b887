"""Pictures into a film: H.264 in MP4, which every player and Blender read."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np


def write_film(place: Path, pictures: Iterable[np.ndarray], rate: float, tallest: int | None = None) -> int:
    """Writes pictures (H, W, 3) uint8 at so many frames per second; how many there were. The first one's size, cut to
    even sides and to a height of tallest, is that of all; nothing is written where there are none."""
    with av.open(str(place), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=Fraction(rate).limit_denominator(1001))
        count = 0
        for count, pixels in enumerate(pictures, 1):
            if count == 1:
                height = max(2, min(len(pixels), tallest or len(pixels)) // 2 * 2)
                stream.height = height
                stream.width = max(2, round(pixels.shape[1] * height / len(pixels)) // 2 * 2)
                stream.pix_fmt = "yuv420p"
            fitted = cv2.resize(pixels, (stream.width, stream.height), interpolation=cv2.INTER_AREA)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(fitted, np.uint8), format="rgb24")))
        if count:
            out.mux(stream.encode())
    return count
