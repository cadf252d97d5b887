"""Frames on a binary stream: what the add-on and the backend say to each other.

A frame is a u32 header length, a u64 body length (both little endian), a JSON header in UTF-8 and a raw body.
header["type"] names the message. header["arrays"] lists the arrays of the body as {"name", "dtype", "shape"}, one
after another, little endian, C order. Both programs import this file, each in its own Python, so it needs the
standard library and numpy alone. Everything that arrives is checked before memory is taken for it.
"""

import json
import math
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np

VERSION = 1
"""The version of the protocol; hello carries it and the add-on refuses any other."""

MAX_HEADER = 1 << 20
MAX_BODY = 4 << 30
MAX_ARRAYS = 64
MAX_DIMENSIONS = 8
MAX_NAME = 64
DTYPES = {name: np.dtype(name).newbyteorder("<") for name in ("f4", "f8", "i1", "u1", "i4", "i8")}

_PREFIX = struct.Struct("<IQ")
_PIECE = 1 << 20


class ProtocolError(Exception):
    """The stream does not hold a frame of this protocol. Nothing after it can be trusted."""


class TruncatedError(ProtocolError):
    """The stream ended inside a frame: whoever wrote it is gone."""


@dataclass(frozen=True)
class Frame:
    """One message: header has "type" and, for what belongs to a request, "id"; arrays are writable."""

    header: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return self.header["type"]


class Reader:
    """Frames from a binary stream, raw or buffered. Not safe under several threads.

    max_body: bytes; a longer body is refused unread. It may be changed between frames.
    """

    def __init__(self, stream: IO[bytes], max_body: int = MAX_BODY) -> None:
        self._stream = stream
        self.max_body = max_body

    def read(self) -> Frame | None:
        """The next frame, or None where the stream ended between two frames. Raises ProtocolError, OSError."""
        prefix = self._take(_PREFIX.size, may_end=True)
        if not prefix:
            return None
        header_length, body_length = _PREFIX.unpack(prefix)
        if not 2 <= header_length <= MAX_HEADER:
            raise ProtocolError(f"A header of {header_length} bytes is not between 2 and {MAX_HEADER}.")
        if body_length > self.max_body:
            raise ProtocolError(f"A body of {body_length} bytes is over the limit of {self.max_body}.")
        header = _parse_header(self._take(header_length))
        layout = _parse_layout(header.pop("arrays", []))
        expected = sum(dtype.itemsize * math.prod(shape) for _, dtype, shape in layout)
        if expected != body_length:
            raise ProtocolError(f"The arrays need {expected} bytes and the body has {body_length}.")
        return Frame(header, _split(self._take(body_length), layout))

    def _take(self, count: int, may_end: bool = False) -> bytearray:
        """Exactly count bytes, or none where may_end and the stream has ended.

        The buffer grows with what arrives, so a length that lies takes no memory.
        """
        buffer = bytearray()
        while len(buffer) < count:
            piece = self._stream.read(min(count - len(buffer), _PIECE))
            if not piece:
                if may_end and not buffer:
                    return buffer
                raise TruncatedError("The stream ended inside a frame.")
            buffer += piece
        return buffer


class Writer:
    """Frames to a binary stream, raw or buffered. Safe under several threads: frames never interleave."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> None:
        """Raises ProtocolError for what no frame can hold, before a byte is written; OSError if the stream is gone."""
        self.send(encode(header, arrays))

    def send(self, parts: list[memoryview]) -> None:
        """Writes a frame that encode made."""
        with self._lock:
            for part in parts:
                while part:
                    part = part[self._stream.write(part) :]
            self._stream.flush()


def encode(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> list[memoryview]:
    """The bytes of a frame, in parts; arrays that are contiguous and little endian already are not copied.

    Raises ProtocolError for a header that is not JSON (NaN included), a dtype off the list, or sizes over a limit.
    """
    bodies: list[memoryview] = []
    layout = []
    for name, array in (arrays or {}).items():
        code = np.asarray(array).dtype.str[1:]
        if code not in DTYPES:
            raise ProtocolError(f"The array {name!r} has the type {np.asarray(array).dtype}, which no frame carries.")
        laid = np.ascontiguousarray(array, DTYPES[code])
        layout.append({"name": name, "dtype": code, "shape": list(np.shape(array))})
        bodies.append(laid.reshape(-1).view(np.uint8).data)
    try:
        # A lone surrogate, as the name of a file that is not UTF-8 has, becomes a question mark.
        text = json.dumps({**header, "arrays": layout}, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError(f"The header is not JSON: {error}") from error
    if not isinstance(header.get("type"), str):
        raise ProtocolError("The header has no type.")
    _parse_layout(layout)
    length = sum(len(body) for body in bodies)
    if len(text) > MAX_HEADER or length > MAX_BODY:
        raise ProtocolError(f"A frame of {len(text)} + {length} bytes is over the limits.")
    return [memoryview(_PREFIX.pack(len(text), length) + text), *bodies]


def _parse_header(raw: bytearray) -> dict[str, Any]:
    try:
        header = json.loads(raw.decode("utf-8"))
        # Refuses what JSON's grammar lets through and nobody can use: infinite numbers, lone surrogates.
        json.dumps(header, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"The header is not JSON: {error}") from error
    if not isinstance(header, dict) or not isinstance(header.get("type"), str):
        raise ProtocolError("The header has no type.")
    return header


def _parse_layout(entries: Any) -> list[tuple[str, np.dtype, tuple[int, ...]]]:
    """Name, dtype and shape of each array, checked."""
    if not isinstance(entries, list) or len(entries) > MAX_ARRAYS:
        raise ProtocolError(f"The arrays are not a list of at most {MAX_ARRAYS}.")
    layout: dict[str, tuple[np.dtype, tuple[int, ...]]] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise ProtocolError("An array is not described.")
        name, code, shape = entry.get("name"), entry.get("dtype"), entry.get("shape")
        if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME or name in layout:
            raise ProtocolError("An array has no name of its own.")
        if not isinstance(code, str) or code not in DTYPES:
            raise ProtocolError(f"The array {name!r} has a type that is not on the list.")
        if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
            raise ProtocolError(f"The array {name!r} has no shape.")
        # bool is an int in Python, but true is not a size. A zero must not hide sizes that numpy cannot index.
        if not all(type(size) is int and size >= 0 for size in shape) or math.prod(s or 1 for s in shape) > MAX_BODY:
            raise ProtocolError(f"The array {name!r} has a shape that is not made of sizes.")
        layout[name] = DTYPES[code], tuple(shape)
    return [(name, dtype, shape) for name, (dtype, shape) in layout.items()]


def _split(body: bytearray, layout: list[tuple[str, np.dtype, tuple[int, ...]]]) -> dict[str, np.ndarray]:
    """Views into the body; a copy only where an array does not start on a multiple of its item's size."""
    arrays = {}
    start = 0
    for name, dtype, shape in layout:
        count = math.prod(shape)
        array = np.frombuffer(body, dtype, count, start).reshape(shape) if count else np.zeros(shape, dtype)
        arrays[name] = array if array.flags.aligned else array.copy()
        start += count * dtype.itemsize
    return arrays
