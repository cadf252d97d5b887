"""A child process that misbehaves as its argument says; run by the tests against the client."""

import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.protocol import VERSION, Reader, Writer

HELLO = {
    "type": "hello",
    "protocol": VERSION,
    "version": "hostile",
    "python": "3",
    "torch": "none",
    "device": "cpu",
    "models": [],
}
raw = os.fdopen(1, "wb", buffering=0)
writer = Writer(raw)
reader = Reader(sys.stdin.buffer)


def forever() -> None:
    while True:
        time.sleep(60)


def deaf() -> None:
    """Takes no notice of being asked to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    forever()


def request() -> int:
    """Says hello and waits for a request. Returns its id."""
    writer.write(HELLO)
    frame = reader.read()
    assert frame is not None
    return frame.header["id"]


def lie(header: bytes, body_length: int) -> None:
    raw.write(struct.pack("<IQ", len(header), body_length) + header)
    forever()


def crash_at_once() -> None:
    print("cannot find my libraries", file=sys.stderr)
    sys.exit(7)


def crash_midway() -> None:
    id = request()
    writer.write({"type": "progress", "id": id, "fraction": 0.5, "text": "Half way"})
    print("\n".join(f"line {number}" for number in range(200)), file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)


def killed() -> None:
    request()
    os.kill(os.getpid(), signal.SIGKILL)


def crash_inside_a_frame() -> None:
    id = request()
    raw.write(struct.pack("<IQ", 100, 0) + b'{"type": "result", "id": %d' % id)
    sys.exit(0)


def say_nothing() -> None:
    deaf()


def fall_silent() -> None:
    request()
    deaf()


def complain() -> None:
    writer.write({"type": "error", "id": None, "code": "no-torch", "sentence": "No torch.", "cure": "Set up."})
    sys.exit(1)


def old_version() -> None:
    writer.write({**HELLO, "protocol": VERSION + 1})
    deaf()


def print_first() -> None:
    print("Welcome to the backend!", flush=True)
    forever()


def previews_of_the_wrong_shape() -> None:
    writer.write({"type": "preview", "id": request()}, {"picture": np.zeros((40, 40), np.uint8)})
    forever()


def a_wall_sized_preview() -> None:
    writer.write({"type": "preview", "id": request()}, {"picture": np.zeros((1, 5000, 3), np.uint8)})
    forever()


def flood_of_previews() -> None:
    id = request()
    while True:
        writer.write({"type": "preview", "id": id}, {"picture": np.zeros((2, 2, 3), np.uint8)})


def garbage() -> None:
    request()
    chance = np.random.default_rng(1)
    while True:
        raw.write(chance.bytes(65536))


def huge_header() -> None:
    request()
    raw.write(struct.pack("<IQ", 2**32 - 1, 0))
    forever()


def huge_body() -> None:
    id = request()
    lie(b'{"type": "result", "id": %d, "arrays": [{"name": "a", "dtype": "f4", "shape": [%d]}]}' % (id, 2**60), 2**62)


def more_than_was_asked_for() -> None:
    """A result of a gigabyte for a request of a few bytes, and it is really sent."""
    id = request()
    writer.write({"type": "result", "id": id}, {"deltas": np.zeros(1 << 30, np.uint8)})
    forever()


def body_and_arrays_disagree() -> None:
    id = request()
    lie(b'{"type": "result", "id": %d, "arrays": [{"name": "a", "dtype": "f4", "shape": [2]}]}' % id, 4)


def flood_of_progress() -> None:
    id = request()
    while True:
        writer.write({"type": "progress", "id": id, "fraction": 0.5, "text": "x" * 10000})


def progress_beyond_measure() -> None:
    """A fraction that no float holds, and a hang."""
    id = request()
    writer.write({"type": "progress", "id": id, "fraction": 10**400, "text": "Nearly"})
    sys.exit(0)


def endless_version() -> None:
    writer.write({**HELLO, "protocol": "9" * 500_000})
    deaf()


def flood_of_log() -> None:
    request()
    while True:
        writer.write({"type": "log", "level": "info", "text": "x" * 10000})


def flood_of_errors_before_hello() -> None:
    while True:
        writer.write({"type": "log", "level": "info", "text": "x"})


def flood_of_stderr() -> None:
    while True:
        os.write(2, b"x" * 65536)


def answers_what_was_not_asked() -> None:
    id = request()
    writer.write({"type": "result", "id": id + 1000})
    forever()


def unknown_message() -> None:
    request()
    writer.write({"type": "execute", "code": "import os"})
    forever()


def hello_twice() -> None:
    request()
    writer.write(HELLO)
    forever()


def ignores_cancel() -> None:
    """Goes on with progress for ever, whatever it is told."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    id = request()
    while True:
        writer.write({"type": "progress", "id": id, "fraction": 0.5, "text": "Half way"})
        writer.write({"type": "heartbeat", "running": id})
        time.sleep(0.05)


def never_reads() -> None:
    writer.write(HELLO)
    deaf()


def grandchild() -> int:
    """The number of a process of its own, which holds all pipes."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(child.pid, file=sys.stderr, flush=True)
    return child.pid


def with_a_grandchild() -> None:
    """Leaves the pipes to a process of its own and hangs."""
    grandchild()
    writer.write({**HELLO, "protocol": VERSION + 1})
    forever()


def dies_before_a_grandchild() -> None:
    """Leaves the pipes to a process of its own and is killed in the middle of a job."""
    request()
    grandchild()
    os.kill(os.getpid(), signal.SIGKILL)


def leaves_a_grandchild() -> None:
    """Ends as it is told to, and a process of its own stays."""
    writer.write({**HELLO, "version": str(grandchild())})
    while reader.read():
        pass


def drips() -> None:
    """Sends a result a byte at a time, for ever within a frame."""
    id = request()
    raw.write(struct.pack("<IQ", 1000, 0) + b'{"type": "result", "id": %d, "text": "' % id)
    while True:
        raw.write(b"x")
        time.sleep(0.01)


def works() -> None:
    """Behaves: doubles numbers in a few steps."""
    writer.write(HELLO)
    while frame := reader.read():
        id = frame.header["id"]
        for step in range(4):
            writer.write({"type": "progress", "id": id, "fraction": step / 4, "text": f"Step {step + 1} of 4"})
            time.sleep(0.01)
        writer.write({"type": "result", "id": id}, {"doubled": 2 * frame.arrays["numbers"]})


def doubles() -> None:
    """Behaves: doubles numbers, and hangs at a request without any."""
    writer.write(HELLO)
    while frame := reader.read():
        if frame.type == "request" and "numbers" in frame.arrays:
            writer.write({"type": "result", "id": frame.header["id"]}, {"doubled": 2 * frame.arrays["numbers"]})
        elif frame.type == "request":
            deaf()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
