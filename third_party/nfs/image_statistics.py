"""Mean and deviation of the pictures that NFS was trained on, out of the pickle that NFR publishes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.errors import Refusal
from third_party.unpickle import Untrusted, unpickle

FILE_NAME = "img_stat.pkl"
MAX_BYTES = 64 << 10
CHANNELS = 4
"""Red, green, blue and depth."""

CURE = "Take img_stat.pkl from data/MF_all_v5 of NFR's download; see third_party/README.md."


@dataclass(frozen=True)
class ImageStatistics:
    """mean and deviation: (4,) float32 per channel."""

    mean: np.ndarray
    deviation: np.ndarray


def read_image_statistics(path: Path) -> ImageStatistics:
    """The statistics of an img_stat.pkl: a dictionary whose two values are the means and the deviations, in this order,
    arrays or lists of four numbers each.

    Nothing in the file is run. Raises Refusal for a file that is absent, too large or damaged, or that names any other
    global than arrays need.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise Refusal("nfs-image-statistics", f"{path} cannot be read ({error.strerror}).", CURE) from error
    if len(data) > MAX_BYTES:
        raise Refusal("nfs-image-statistics", f"{path} is too large for eight numbers.", CURE)
    try:
        content = unpickle(data)
        if type(content) is not dict or len(content) != 2:
            raise ValueError("it is not a dictionary of two values")
        mean, deviation = (_channels(value) for value in content.values())
    except Untrusted as untrusted:
        raise Refusal(
            "nfs-untrusted", f"{path} asks to run {untrusted}, which image statistics have no use for.", CURE
        ) from untrusted
    except ValueError as error:
        raise Refusal("nfs-image-statistics", f"{path} does not hold image statistics ({error}).", CURE) from error
    if not (np.isfinite([mean, deviation]).all() and (deviation > 0).all()):
        raise Refusal("nfs-image-statistics", f"{path} holds numbers that no pictures have.", CURE)
    return ImageStatistics(mean, deviation)


def _channels(value: object) -> np.ndarray:
    """(4,) float32 from an array or a list of four numbers."""
    numbers = value.ravel().tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(numbers, list | tuple) or len(numbers) != CHANNELS:
        raise ValueError("there are not four numbers")
    if not all(type(number) in (int, float) for number in numbers):
        raise ValueError("there are not four numbers")
    with np.errstate(over="ignore"):
        return np.array(numbers, np.float32)
