"""A clip of vertices: the same mesh frame after frame, read piece by piece because a clip may not fit in memory."""

import math
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from backend.archives import BROKEN
from backend.errors import Refusal
from backend.geometry.formats.npz import check_member, read_header
from backend.geometry.formats.refusals import damaged
from backend.performance import check_rate, check_size

CHUNK_BYTES = 32 << 20
CURE = "Save frames (T, N, 3), in the head's order of vertices, and fps."
CURE_ORDER = "Save numpy.ascontiguousarray(frames), (T, N, 3), in the head's order of vertices, and fps."


@dataclass(frozen=True)
class Frames:
    """count: number of frames. vertices: vertices of each. fps: frames per second. chunks: called for a new pass, gives
    arrays (t, vertices, 3) float32 in order; raises Refusal where the clip is damaged or holds what is no number."""

    count: int
    vertices: int
    fps: float
    chunks: Callable[[], Iterator[np.ndarray]]
    source: str = ""


def frames_from_array(array: np.ndarray, fps: float, source: str = "") -> Frames:
    """Frames from (T, N, 3) in memory. Raises Refusal for other shapes, values that are not finite, and bad rates."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiu":
        raise Refusal("bad-frames", "The frames are not numbers.", CURE)
    _check(array.shape, fps)
    step = frames_per_chunk(array.shape[1])

    def chunks() -> Iterator[np.ndarray]:
        for start in range(0, len(array), step):
            yield finite(array[start : start + step], start)

    return Frames(array.shape[0], array.shape[1], float(fps), chunks, source)


def frames_from_file(path: Path) -> Frames:
    """Frames from an .npz with frames (T, N, 3) and fps. Sizes are checked before anything is allocated, nothing is
    unpickled, and only a chunk is in memory at a time. Raises Refusal."""
    if not path.is_file():
        raise Refusal("missing-file", f"There is no file {path.name}.", "Check the path.")
    try:
        with zipfile.ZipFile(path) as archive:
            for name in ("frames", "fps"):
                check_member(archive, name, CURE)
            with archive.open("fps.npy") as member:
                header = read_header(member, "fps")
                if math.prod(header.shape) != 1 or header.dtype.kind not in "fiu":
                    raise Refusal("bad-rate", "fps is not one number.", CURE)
                fps = float(np.frombuffer(member.read(header.dtype.itemsize), header.dtype)[0])
            with archive.open("frames.npy") as member:
                header = read_header(member, "frames")
                stored = archive.getinfo("frames.npy").file_size - member.tell()
    except BROKEN as error:
        raise damaged("it is not a whole .npz archive") from error
    if header.dtype.kind not in "fiu" or header.fortran:
        raise Refusal("bad-frames", "The frames are not rows of numbers, frame after frame.", CURE_ORDER)
    _check(header.shape, fps)
    if stored != header.dtype.itemsize * math.prod(header.shape):
        raise damaged("frames is not as long as its header says")
    step = frames_per_chunk(header.shape[1])

    def chunks() -> Iterator[np.ndarray]:
        try:
            with zipfile.ZipFile(path) as archive, archive.open("frames.npy") as member:
                read_header(member, "frames")
                for start in range(0, header.shape[0], step):
                    shape = (min(step, header.shape[0] - start), *header.shape[1:])
                    size = header.dtype.itemsize * math.prod(shape)
                    content = member.read(size)
                    if len(content) != size:
                        raise damaged("frames is shorter than its header says")
                    yield finite(np.frombuffer(content, header.dtype).reshape(shape), start)
        except BROKEN as error:
            raise damaged("it is not a whole .npz archive") from error

    return Frames(header.shape[0], header.shape[1], fps, chunks, path.name)


def picked(frames: Frames, numbers: np.ndarray) -> Frames:
    """The same clip of some vertices alone: numbers (s,)."""
    return replace(frames, vertices=len(numbers), chunks=lambda: (chunk[:, numbers] for chunk in frames.chunks()))


def frames_per_chunk(vertices: int) -> int:
    """How many frames are read at a time."""
    return max(1, CHUNK_BYTES // (12 * max(vertices, 1)))


def _check(shape: tuple[int, ...], fps: float) -> None:
    if len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise Refusal("bad-frames", f"The frames have the shape {shape}.", CURE)
    check_rate(fps)
    check_size(shape[0], 64)


def finite(values: np.ndarray, start: int) -> np.ndarray:
    """Values (t, N, 3) as float32. start: the number of the first frame. Raises Refusal where some are no numbers."""
    with np.errstate(over="ignore"):
        chunk = np.asarray(values, np.float32)
    bad = np.flatnonzero(~np.isfinite(chunk).all((1, 2)))
    if len(bad):
        raise Refusal(
            "not-finite", f"Frame {start + bad[0]} has coordinates that are not numbers.", "Bake the clip again."
        )
    return chunk
