"""A served child process and the wire to it."""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.protocol import Frame, Reader, Writer

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("child.py")


class Wire:
    """Both ends of a child's pipes: write to writer, take frames with the moment of their arrival."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.writer = Writer(self.process.stdin)
        self.stderr = b""
        self._frames: queue.SimpleQueue[tuple[float, Frame | None]] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._listen), threading.Thread(target=self._drain)]
        for thread in self._threads:
            thread.start()

    def next(self, *types: str, timeout: float = 20.0, **fields: object) -> Frame:
        """The next frame of one of the types and with these header fields; others are passed over."""
        return self.next_timed(*types, timeout=timeout, **fields)[1]

    def next_timed(self, *types: str, timeout: float = 20.0, **fields: object) -> tuple[float, Frame]:
        """The same with the time of arrival on the monotonic clock."""
        end = time.monotonic() + timeout
        while True:
            moment, frame = self._frames.get(timeout=max(0.0, end - time.monotonic()))
            assert frame is not None, f"the child ended: {self.stderr.decode()}"
            if frame.type in types and all(frame.header.get(name) == value for name, value in fields.items()):
                return moment, frame

    def rest(self) -> list[Frame]:
        """Every frame until the child's end."""
        frames = []
        while frame := self._frames.get(timeout=20)[1]:
            frames.append(frame)
        return frames

    def request(self, id: int, method: str, arrays: dict | None = None, **params: object) -> None:
        self.writer.write({"type": "request", "id": id, "method": method, "params": params}, arrays)

    def close(self) -> float:
        """Closes the child's stdin. Returns the seconds until the child was gone."""
        assert self.process.stdin
        start = time.monotonic()
        self.process.stdin.close()
        self.process.wait(20)
        return time.monotonic() - start

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(5)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream
            stream.close()

    def _listen(self) -> None:
        assert self.process.stdout
        reader = Reader(self.process.stdout)
        frame = reader.read()
        while frame:
            self._frames.put((time.monotonic(), frame))
            frame = reader.read()
        self._frames.put((time.monotonic(), None))

    def _drain(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.stderr += line


@pytest.fixture
def fresh_wire() -> Iterator[Wire]:
    """The serving loop over the jobs of child.py, before hello."""
    wire = Wire(str(CHILD))
    yield wire
    wire.end()


@pytest.fixture
def wire(fresh_wire: Wire) -> Wire:
    """The same after hello."""
    fresh_wire.next("hello")
    return fresh_wire


@pytest.fixture
def broken_wire() -> Iterator[Wire]:
    """A serving loop whose imports fail."""
    wire = Wire(str(CHILD), "--broken")
    yield wire
    wire.end()
