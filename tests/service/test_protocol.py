"""Frames survive the way there and back, and nothing that is not a frame gets through."""

import io
import json
import struct
import threading
import tracemalloc

import numpy as np
import pytest

from backend import protocol
from backend.protocol import Frame, ProtocolError, Reader, Writer, encode

HEADER = {"type": "result", "id": 7, "text": "Grüße, 顔", "nested": {"list": [1, 2.5, None, True]}}
ARRAYS = {
    "parts": np.array([0, 5, -1], np.int8),
    "deltas": np.arange(18, dtype=np.float32).reshape(2, 3, 3),
    "corners": np.array([2**31 - 1, 0, -4], np.int32),
    "nothing": np.zeros((0, 3), np.float32),
    "scalar": np.array(0.1),
}


def packed(header: dict, arrays: dict | None = None) -> bytes:
    return b"".join(encode(header, arrays))


def lying(header_length: int, body_length: int, header: bytes, body: bytes = b"") -> io.BytesIO:
    return io.BytesIO(struct.pack("<IQ", header_length, body_length) + header + body)


def described(*entries: object) -> bytes:
    return json.dumps({"type": "x", "arrays": list(entries)}).encode()


def test_round_trip_keeps_header_and_bits() -> None:
    stream = io.BytesIO()
    writer = Writer(stream)
    writer.write(HEADER, ARRAYS)
    writer.write({"type": "bye"})
    stream.seek(0)
    reader = Reader(stream)
    frame = reader.read()
    assert isinstance(frame, Frame)
    assert frame.header == HEADER
    assert list(frame.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        got = frame.arrays[name]
        assert got.dtype == array.dtype and got.shape == array.shape
        assert got.tobytes() == array.tobytes()
        assert got.flags.aligned and got.flags.writeable
    last = reader.read()
    assert last is not None and last.type == "bye" and last.arrays == {}
    assert reader.read() is None


def test_foreign_layouts_arrive_as_the_same_numbers() -> None:
    numbers = np.arange(12, dtype=np.float32).reshape(3, 4)
    sent = {"big": numbers.astype(">f4"), "fortran": np.asfortranarray(numbers), "strided": numbers[:, ::2]}
    frame = Reader(io.BytesIO(packed({"type": "x"}, sent))).read()
    assert frame is not None
    for name, array in sent.items():
        np.testing.assert_array_equal(frame.arrays[name], array)


def test_short_reads_and_short_writes() -> None:
    class Trickle(io.RawIOBase):
        """A pipe that takes and gives at most seven bytes at a time."""

        def __init__(self) -> None:
            self.held = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            piece = bytes(memoryview(data)[:7])
            self.held += piece
            return len(piece)

        def read(self, count: int = -1) -> bytes:
            piece = bytes(self.held[: min(count, 7)])
            del self.held[: len(piece)]
            return piece

    pipe = Trickle()
    Writer(pipe).write(HEADER, ARRAYS)
    frame = Reader(pipe).read()
    assert frame is not None and frame.header == HEADER
    np.testing.assert_array_equal(frame.arrays["deltas"], ARRAYS["deltas"])


def test_threads_do_not_interleave_frames() -> None:
    stream = io.BytesIO()
    writer = Writer(stream)

    def send(number: int) -> None:
        for _ in range(50):
            writer.write({"type": "x", "id": number}, {"a": np.full(100, number, np.int32)})

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stream.seek(0)
    reader = Reader(stream)
    count = 0
    while frame := reader.read():
        assert (frame.arrays["a"] == frame.header["id"]).all()
        count += 1
    assert count == 200


@pytest.mark.parametrize(
    "header, arrays",
    [
        ({"type": "x", "value": float("nan")}, {}),
        ({"type": "x", "value": object()}, {}),
        ({"type": "x", "value": np.float32(1)}, {}),
        ({"id": 1}, {}),
        ({"type": "x"}, {"a": np.array([object()])}),
        ({"type": "x"}, {"a": np.array(["text"])}),
        ({"type": "x"}, {"a": np.array([1j])}),
        ({"type": "x"}, {"n" * 65: np.zeros(1)}),
        ({"type": "x"}, {str(number): np.zeros(1) for number in range(65)}),
        ({"type": "x", "value": "a" * protocol.MAX_HEADER}, {}),
    ],
)
def test_what_no_frame_can_hold_is_refused_before_a_byte_is_written(header: dict, arrays: dict) -> None:
    stream = io.BytesIO()
    with pytest.raises(ProtocolError):
        Writer(stream).write(header, arrays)
    assert stream.getvalue() == b""


def test_a_name_that_is_not_utf8_becomes_question_marks() -> None:
    frame = Reader(io.BytesIO(packed({"type": "x", "path": "head\udcff.obj"}))).read()
    assert frame is not None and frame.header["path"] == "head?.obj"


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{}",
        b'{"type": 3}',
        b'{"type": "x"',
        b'\xff\xfe{"type"}',
        b'{"type": "x", "a": NaN}',
        b'{"type": "x", "a": 1e999}',
        b'{"type": "x", "a": "\\ud800"}',
        b'{"type": "x", "a": ' + b"9" * 5000 + b"}",
        b'{"type": "x", "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        described("a"),
        described({"name": "a", "dtype": "f4"}),
        described({"name": "a", "dtype": "O", "shape": [0]}),
        described({"name": "a", "dtype": ["f4"], "shape": [0]}),
        described({"name": "a", "dtype": "f4", "shape": [-1]}),
        described({"name": "a", "dtype": "f4", "shape": [True]}),
        described({"name": "a", "dtype": "f4", "shape": [1.0]}),
        described({"name": "a", "dtype": "f4", "shape": [2**40, 2**40, 0]}),
        described({"name": "a", "dtype": "f4", "shape": [0] * 9}),
        described({"name": "", "dtype": "f4", "shape": [0]}),
        described({"name": "a", "dtype": "f4", "shape": [0]}, {"name": "a", "dtype": "f4", "shape": [0]}),
        described({"name": "a", "dtype": "f4", "shape": [1]}),
        json.dumps({"type": "x", "arrays": {"name": "a"}}).encode(),
    ],
)
def test_headers_that_lie(header: bytes) -> None:
    with pytest.raises(ProtocolError):
        Reader(lying(len(header), 0, header)).read()


def peak_of(stream: io.BytesIO, max_body: int = protocol.MAX_BODY) -> int:
    """Bytes of memory taken at the most while reading something that must be refused."""
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            Reader(stream, max_body).read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_lengths_that_lie_take_no_memory() -> None:
    huge = described({"name": "a", "dtype": "u1", "shape": [4 << 30]})
    assert peak_of(lying(2**32 - 1, 0, b"{}")) < 1 << 16
    assert peak_of(lying(protocol.MAX_HEADER, 0, b"{}")) < 4 << 20
    assert peak_of(lying(2, 2**63, b"{}")) < 1 << 16
    assert peak_of(lying(len(huge), 4 << 30, huge, b"only this")) < 4 << 20
    small = described({"name": "a", "dtype": "u1", "shape": [1001]})
    assert peak_of(lying(len(small), 1001, small, bytes(1001)), max_body=1000) < 1 << 16


def test_every_truncation_is_noticed() -> None:
    whole = packed(HEADER, ARRAYS)
    for length in range(1, len(whole)):
        with pytest.raises(ProtocolError):
            Reader(io.BytesIO(whole[:length])).read()


def test_flipped_bytes_give_a_frame_or_a_protocol_error() -> None:
    whole = packed(HEADER, ARRAYS)
    chance = np.random.default_rng(5)
    refused = 0
    for _ in range(5000):
        broken = bytearray(whole)
        for position in chance.integers(0, len(broken), chance.integers(1, 4)):
            broken[position] = chance.integers(0, 256)
        try:
            frame = Reader(io.BytesIO(broken), max_body=1 << 20).read()
        except ProtocolError:
            refused += 1
        else:
            assert frame is not None and sum(array.nbytes for array in frame.arrays.values()) <= 1 << 20
    assert refused > 1000


def test_noise_is_refused() -> None:
    chance = np.random.default_rng(6)
    for _ in range(500):
        with pytest.raises(ProtocolError):
            Reader(io.BytesIO(chance.bytes(64))).read()
