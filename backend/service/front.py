"""The process that the add-on starts: it never computes, so it always answers.

Libraries were measured to hold Python's lock for 0.4 s and more while they decimate a large mesh; no thread beside them
can then acknowledge a cancel or notice that stdin has closed. So the computing is a process of its own, and this one
passes the frames on.
"""

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any, NoReturn

from backend.protocol import ProtocolError, Reader, Writer, encode
from backend.service.answers import Answers, error_header, take_streams
from backend.service.parent import die_with_parent

MAX_REQUEST = 1 << 30
"""Bytes of a request's arrays; five million vertices need about 200 MB."""

MAX_OPEN = 64


class Ledger:
    """The ids of the requests that wait for their last frame. Safe under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[int] = set()

    def open(self, id: int) -> bool:
        """Adds a request; False if it is there already or too many are."""
        with self._lock:
            fits = id not in self._open and len(self._open) < MAX_OPEN
            if fits:
                self._open.add(id)
            return fits

    def close(self, id: int) -> bool:
        """The right to send a request's last frame: True once, for whoever asks first."""
        with self._lock:
            there = id in self._open
            self._open.discard(id)
            return there

    def __contains__(self, id: int) -> bool:
        return id in self._open


def front(worker_command: Sequence[str]) -> NoReturn:
    """Passes frames between stdin, stdout and a worker until stdin closes or the worker ends."""
    frames_in, frames_out = take_streams()
    die_with_parent()
    worker = subprocess.Popen(worker_command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert worker.stdin and worker.stdout
    answers, ledger = Answers(frames_out), Ledger()
    outbox: queue.SimpleQueue[list[memoryview]] = queue.SimpleQueue()
    threading.Thread(target=_pass_on, args=(outbox, worker.stdin), daemon=True).start()
    threading.Thread(
        target=_read, args=(Reader(frames_in, MAX_REQUEST), outbox, ledger, answers, worker), daemon=True
    ).start()
    _answer(Reader(worker.stdout), ledger, answers)
    _leave(worker, answers)


def _read(
    reader: Reader,
    outbox: "queue.SimpleQueue[list[memoryview]]",
    ledger: Ledger,
    answers: Answers,
    worker: subprocess.Popen[bytes],
) -> NoReturn:
    """Requests to the worker; a cancel is answered here. Ends both processes with the stream."""
    status = 0
    try:
        while frame := reader.read():
            id = frame.header.get("id")
            if type(id) is not int:
                answers.write(error_header(None, "bad-request", f"A {frame.type} has no id.", "Update the add-on."))
            elif frame.type == "cancel":
                if ledger.close(id):
                    answers.write({"type": "cancelled", "id": id})
                outbox.put(encode(frame.header))
            elif ledger.open(id):
                outbox.put(encode(frame.header, frame.arrays))
            else:
                sentence = "Too many jobs are waiting already, or this one twice."
                answers.write(error_header(id, "busy", sentence, "Wait for some of them to end."))
    except ProtocolError as error:
        sentence = f"The backend was sent something that it cannot read: {error}"
        answers.write(error_header(None, "bad-frame", sentence, "Use the add-on and the backend of the same version."))
        status = 1
    worker.kill()
    os._exit(status)


def _pass_on(outbox: "queue.SimpleQueue[list[memoryview]]", stream: IO[bytes]) -> None:
    """A thread of its own, for the worker may take long to read."""
    writer = Writer(stream)
    # A worker that is gone is noticed where it is read.
    with suppress(OSError):
        while True:
            writer.send(outbox.get())


def _answer(reader: Reader, ledger: Ledger, answers: Answers) -> None:
    """The worker's frames to the add-on, but nothing about a request that has been answered. Ends with the worker."""
    # What the worker was writing when it died is of no use.
    with suppress(ProtocolError):
        while frame := reader.read():
            id = frame.header.get("id")
            final = frame.type in ("result", "error", "cancelled")
            if id is None or (ledger.close(id) if final else id in ledger):
                answers.write(frame.header, frame.arrays)


def _leave(worker: subprocess.Popen[bytes], answers: Answers) -> NoReturn:
    """Says how the worker died, where it could not say so itself, and ends with its status."""
    status = worker.wait()
    if status < 0:
        answers.write(_epitaph(-status))
    os._exit(status if status >= 0 else 1)


def _epitaph(number: int) -> dict[str, Any]:
    """The header of the error for a worker that a signal has ended."""
    if number == signal.SIGKILL:
        return error_header(
            None, "killed", "The system killed the backend, most often for lack of memory.", "Close other programs."
        )
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    cure = "Press the button again to restart it; if it happens again, run the doctor."
    return error_header(None, "crashed", f"The backend crashed ({name}).", cure)
