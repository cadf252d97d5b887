"""Mean and deviation of the pictures that NFS was trained on, out of the pickle that NFR publishes."""

import io
import pickle
import struct
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from backend.errors import Refusal

FILE_NAME = "img_stat.pkl"
MAX_BYTES = 64 << 10
CHANNELS = 4
"""Red, green, blue and depth."""

CURE = "Take img_stat.pkl from data/MF_all_v5 of NFR's download; see third_party/README.md."

MALFORMED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
)
"""What unpickling raises for bytes that are no pickle of this kind."""


@dataclass(frozen=True)
class ImageStatistics:
    """mean and deviation: (4,) float32 per channel."""

    mean: np.ndarray
    deviation: np.ndarray


def read_image_statistics(path: Path) -> ImageStatistics:
    """The statistics of an img_stat.pkl: a dictionary whose two values are the means and the deviations, in this order,
    arrays or lists of four numbers each.

    Nothing in the file is run: every global that it may name stands for one of our own readers of numbers. Raises
    Refusal for a file that is absent, too large or damaged, or that names any other global.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise Refusal("nfs-image-statistics", f"{path} cannot be read ({error.strerror}).", CURE) from error
    if len(data) > MAX_BYTES:
        raise Refusal("nfs-image-statistics", f"{path} is too large for eight numbers.", CURE)
    try:
        content = NumbersUnpickler(io.BytesIO(data)).load()
        if type(content) is not dict or len(content) != 2:
            raise ValueError("it is not a dictionary of two values")
        mean, deviation = (_channels(value) for value in content.values())
    except Refused as refused:
        raise Refusal(
            "nfs-untrusted", f"{path} asks to run {refused}, which image statistics have no use for.", CURE
        ) from refused
    except MALFORMED as error:
        reason = str(error) or type(error).__name__
        raise Refusal("nfs-image-statistics", f"{path} does not hold image statistics ({reason}).", CURE) from error
    if not (np.isfinite([mean, deviation]).all() and (deviation > 0).all()):
        raise Refusal("nfs-image-statistics", f"{path} holds numbers that no pictures have.", CURE)
    return ImageStatistics(mean, deviation)


class Refused(Exception):
    """A global that is not on the list; its text is the name."""


class Kind:
    """Stands for numpy.dtype: only numbers of known size."""

    __slots__ = ("dtype",)

    def __init__(self, code: str, *flags: object) -> None:
        self.dtype = np.dtype(code) if type(code) is str and code[:1] in "fiu" else None
        if self.dtype is None:
            raise ValueError("an array does not hold numbers")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if self.dtype is None or state[1] not in "<>|=":
            raise ValueError("an array has a strange type")
        self.dtype = self.dtype.newbyteorder(state[1])

    def numbers(self, data: bytes) -> list[float]:
        """The numbers in data, at most CHANNELS."""
        if self.dtype is None or not isinstance(data, bytes | bytearray) or len(data) > CHANNELS * self.dtype.itemsize:
            raise ValueError("an array has the wrong size")
        return np.frombuffer(data, self.dtype).tolist()


class Array:
    """Stands for numpy.ndarray: the bytes of an array of any shape, as a list of numbers."""

    __slots__ = ("numbers",)

    def __init__(self, *ignored: object) -> None:
        self.numbers: list[float] = []

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, _, kind, _, data = state
        if type(kind) is not Kind:
            raise ValueError("an array has no type")
        self.numbers = kind.numbers(data)


def from_buffer(data: bytes, kind: Kind, *ignored: object) -> Array:
    """Stands for numpy.core.numeric._frombuffer, by which pickles of the fifth protocol hold arrays."""
    array = Array()
    array.numbers = Kind.numbers(kind, data)
    return array


def scalar(kind: Kind, data: bytes) -> float:
    """Stands for numpy.core.multiarray.scalar."""
    (number,) = Kind.numbers(kind, data)
    return number


def encoded(text: str, encoding: str) -> bytes:
    """Stands for _codecs.encode, by which pickles of the second protocol hold bytes."""
    if encoding != "latin1":
        raise ValueError("its bytes are encoded strangely")
    return str.encode(text, "latin1")


CORES = ("numpy.core", "numpy._core")
"""What NumPy calls its core before and from version 2."""

ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): Kind,
    ("numpy", "ndarray"): Array,
    ("_codecs", "encode"): encoded,
    **{(f"{core}.multiarray", "_reconstruct"): Array for core in CORES},
    **{(f"{core}.multiarray", "scalar"): scalar for core in CORES},
    **{(f"{core}.numeric", "_frombuffer"): from_buffer for core in CORES},
}


# The unpickler written in Python: that in C allocates whatever a memo's index in the file asks for.
class NumbersUnpickler(pickle._Unpickler):
    """Raises Refused for every global but those that arrays of numbers are made of."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise Refused(f"{module}.{name}")
        allowed = ALLOWED[module, name]
        # The file may change what it was given; of a function that is a copy of its own.
        return allowed if isinstance(allowed, type) else partial(allowed)


def _channels(value: object) -> np.ndarray:
    """(4,) float32 from an array or a list of four numbers."""
    numbers = value.numbers if isinstance(value, Array) else value
    if not isinstance(numbers, list | tuple) or len(numbers) != CHANNELS:
        raise ValueError("there are not four numbers")
    if not all(type(number) in (int, float) for number in numbers):
        raise ValueError("there are not four numbers")
    with np.errstate(over="ignore"):
        return np.array(numbers, np.float32)
