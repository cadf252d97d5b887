"""The backend as a child process: started, spoken to, watched and ended. Knows nothing of Blender."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..backend.protocol import MAX_BODY, ProtocolError, Reader, TruncatedError, Writer, encode
from .inbox import Inbox
from .messages import Cancelled, Ended, Failed, Hello, Message, Preview, Progress, Result, VersionError, parse
from .processes import clean_environment, creation_flags, kill_tree

MAX_OPEN = 64
FRAMES_PER_SECOND = 100.0
FRAMES_AT_ONCE = 1000
"""A child that sends more than this many frames beyond the rate is flooding; ours sends about ten a second."""

LAST_WORDS = 50

LINGER = 1.0
"""Seconds for which the pipes of a dead child may stay open: something that it has started holds them."""

_TAIL_BYTES = 32 << 10
_IDLE_BODY = 1 << 20
_BODY_PER_REQUEST = 64 << 20
_BODY_PER_BYTE = 64
"""A result may have so many bytes per byte of its request: 53 fields on a mesh have under 20."""

_RESTART = "Press the button again to restart it; if it happens again, look at the log."
_SET_UP = "Set up the backend again, or choose another Python in the preferences."


class Client:
    """One child process. For the use of one thread, which must outlive the child: on Linux it dies with that thread.

    No method raises for what the child does: poll tells, and always ends with Ended unless stop was called.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        hello_timeout: float = 120.0,
        silence_timeout: float = 120.0,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """command: what to run in folder. hello_timeout: seconds until hello. silence_timeout: seconds without a frame
        while a job is open, after which the child counts as hung. settings: variables for its environment alone."""
        self.hello: Hello | None = None
        self._hello_timeout = hello_timeout
        self._silence_timeout = silence_timeout
        self._inbox = Inbox()
        self._outbox: queue.SimpleQueue[list[memoryview] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._open: dict[int, int] = {}
        self._last_id = 0
        self._greeted = threading.Event()
        self._complaint: Failed | None = None
        self._tail = bytearray()
        self._threads: list[threading.Thread] = []
        self._started = self._heard = time.monotonic()
        self._died: float | None = None
        self._process = self._spawn(command, folder, settings or {})

    @property
    def ended(self) -> bool:
        """Whether the child is gone; poll has told or is about to."""
        return self._inbox.closed

    @property
    def pid(self) -> int | None:
        """The child's process number."""
        return self._process.pid if self._process else None

    def submit(self, method: str, params: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> int:
        """Sends a request, after hello at the earliest. Returns its id. Raises ProtocolError for arrays or params that
        no frame can hold, or over MAX_OPEN open requests."""
        with self._lock:
            if len(self._open) >= MAX_OPEN:
                raise ProtocolError("Too many requests are open.")
            self._last_id += 1
            header = {"type": "request", "id": self._last_id, "method": method, "params": dict(params)}
            parts = encode(header, arrays)
            size = sum(map(len, parts))
            self._open[self._last_id] = min(MAX_BODY, _BODY_PER_REQUEST + _BODY_PER_BYTE * size)
            self._heard = time.monotonic()
            self._outbox.put(parts)
            return self._last_id

    def cancel(self, id: int) -> None:
        """Asks the child to drop a request."""
        self._outbox.put(encode({"type": "cancel", "id": id}))

    def poll(self, timeout: float = 0.0) -> list[Message]:
        """What the child has said since; waits up to timeout seconds where it has said nothing. Ended comes last."""
        messages = self._inbox.take(timeout)
        for message in messages:
            if isinstance(message, Hello):
                self.hello = message
        now = time.monotonic()
        if not self.ended and not self._greeted.is_set() and now - self._started > self._hello_timeout:
            self._give_up(f"The backend did not start within {self._hello_timeout:.0f} seconds.", _SET_UP)
        elif self._greeted.is_set() and not self.ended and self._open and now - self._heard > self._silence_timeout:
            self._give_up(f"The backend has said nothing for {self._silence_timeout:.0f} seconds.", _RESTART)
        elif not self.ended and self._process and self._process.poll() is not None:
            self._died = self._died or now
            if now - self._died > LINGER:
                self._give_up(*self._why_it_left(self._process))
        return messages or self._inbox.take()

    def stop(self, grace: float = 1.0) -> None:
        """Ends the child: closes its stdin, waits grace seconds, then terminates, then kills. Returns when it is gone,
        within grace and about two seconds."""
        if self._process is None:
            return
        self._outbox.put(None)
        self._greeted.set()
        if not _gone(self._process, grace):
            self._process.terminate()
            _gone(self._process, grace)
        # Where it has ended long ago, its number may be another's.
        if not self.ended:
            kill_tree(self._process)
        for thread in self._threads:
            thread.join(1.0)

    def _spawn(
        self, command: Sequence[str], folder: Path, settings: Mapping[str, str]
    ) -> subprocess.Popen[bytes] | None:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**clean_environment(os.environ), **settings},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                close_fds=True,
                # A console's Ctrl-C is for Blender alone, and the group can be killed as a whole.
                start_new_session=sys.platform != "win32",
                creationflags=creation_flags(),
            )
        except (OSError, ValueError) as error:
            self._inbox.put(Ended(f"The backend's Python cannot be started ({error}).", _SET_UP, None, ()))
            return None
        assert process.stdin and process.stdout and process.stderr
        # Each pipe belongs to one thread, which closes it: a hung child can then block nobody else.
        for work, stream in ((self._write, process.stdin), (self._drain, process.stderr)):
            self._threads.append(threading.Thread(target=work, args=(stream,), daemon=True))
        self._threads.append(threading.Thread(target=self._listen, args=(process, process.stdout), daemon=True))
        for thread in self._threads:
            thread.start()
        return process

    def _write(self, stream: IO[bytes]) -> None:
        self._greeted.wait()
        writer = Writer(stream)
        # Where the child reads no more, the thread that listens finds out why.
        with suppress(OSError), stream:
            while parts := self._outbox.get():
                writer.send(parts)

    def _drain(self, stream: IO[bytes]) -> None:
        with stream:
            while piece := stream.read(4096):
                self._tail += piece
                del self._tail[:-_TAIL_BYTES]

    def _listen(self, process: subprocess.Popen[bytes], stream: IO[bytes]) -> None:
        reader = Reader(stream, _IDLE_BODY)
        excess = 0.0
        try:
            with stream:
                while frame := reader.read():
                    now = time.monotonic()
                    excess = max(0.0, excess - FRAMES_PER_SECOND * (now - self._heard)) + 1
                    self._heard = now
                    if excess > FRAMES_AT_ONCE:
                        raise ProtocolError("It sends more messages than anybody can read.")
                    self._receive(parse(frame))
                    with self._lock:
                        reader.max_body = max(self._open.values(), default=_IDLE_BODY)
        except VersionError as error:
            self._end(process, str(error), _SET_UP)
        except TruncatedError:
            self._leave(process)
        except ProtocolError as error:
            self._end(process, f"The backend sent something that cannot be read: {error}", _RESTART)
        else:
            self._leave(process)

    def _receive(self, message: Message) -> None:
        """Checks a message against what was asked and passes it on. Raises ProtocolError."""
        if isinstance(message, Hello) == self._greeted.is_set() and not isinstance(message, Failed):
            raise ProtocolError("Hello must come first, and once.")
        if isinstance(message, Hello):
            self._greeted.set()
        if isinstance(message, (Progress, Preview, Result, Failed, Cancelled)):
            if message.id is None:
                self._complaint = message
                return
            with self._lock:
                if message.id not in self._open:
                    # Progress may cross a cancel; what was never asked cannot be answered.
                    if not 0 < message.id <= self._last_id:
                        raise ProtocolError("It answers a question that was not asked.")
                    return
                if not isinstance(message, (Progress, Preview)):
                    del self._open[message.id]
        self._inbox.put(message)

    def _leave(self, process: subprocess.Popen[bytes]) -> None:
        """The child has closed its output, most often by ending."""
        _gone(process, 1.0)
        self._end(process, *self._why_it_left(process))

    def _why_it_left(self, process: subprocess.Popen[bytes]) -> tuple[str, str]:
        if self._complaint:
            return self._complaint.sentence, self._complaint.cure
        when = "stopped" if self._greeted.is_set() else "stopped while it was starting"
        code = process.poll()
        if code == -9:
            return f"The backend {when}: the system killed it, most often for lack of memory.", "Close other programs."
        how = "it closed its output" if code is None else f"exit status {code}"
        return f"The backend {when} ({how}).", _RESTART if self._greeted.is_set() else _SET_UP

    def _give_up(self, sentence: str, cure: str) -> None:
        if self._process:
            # Whoever notices the death first, this thread or the one that listens, must give this reason for it.
            self._complaint = Failed(None, "given-up", sentence, cure)
            self._end(self._process, sentence, cure)

    def _end(self, process: subprocess.Popen[bytes], sentence: str, cure: str) -> None:
        """Makes sure that the child is gone and lets the other threads go; then tells."""
        kill_tree(process)
        _gone(process, 2.0)
        self._outbox.put(None)
        self._greeted.set()
        # The last words are in the pipe still when the child is gone.
        self._threads[1].join(0.5)
        words = bytes(self._tail).decode("utf-8", "replace").splitlines()[-LAST_WORDS:]
        self._inbox.put(Ended(sentence, cure, process.poll(), tuple(words)))


def _gone(process: subprocess.Popen[bytes], timeout: float) -> bool:
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        return False
    return True
