"""Runs one program to its end: its lines as they come, its silence noticed, and its whole tree killed on cancel."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from ...backend.errors import Cancelled, Refusal
from ..processes import creation_flags, kill_tree

MAX_LINE = 2000
"""Bytes of a line that are kept."""

_PIECE = 1 << 16
_WAITING_LINES = 1000
_TICK = 0.1
_WATCH = 2.0
_LAST_BREATH = 1.0


def run_child(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str],
    told: Callable[[str], None],
    cancelled: threading.Event,
    silence: float,
    watch: Callable[[], object] = lambda: None,
) -> int:
    """The exit status of a command that runs in a folder. told: gets every line of its output, in the calling thread.

    cancelled: once set, the child and all its children are killed. silence: seconds without a line and without a change
    of what watch returns (called every two seconds), after which the child counts as hung.
    Raises Cancelled, and Refusal where the program cannot be started or hangs.
    """
    try:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            close_fds=True,
            start_new_session=sys.platform != "win32",
            creationflags=creation_flags(),
        )
    except (OSError, ValueError) as error:
        raise Refusal("no-start", f"{command[0]} cannot be started ({error}).", "Repair the backend.") from error
    assert process.stdout
    # Bounded: a child that floods waits until its lines have been looked at.
    lines: queue.Queue[str] = queue.Queue(_WAITING_LINES)
    closing = threading.Event()
    reader = threading.Thread(target=_read, args=(process.stdout, lines, closing), daemon=True)
    reader.start()
    try:
        return _follow(Path(command[0]).name, process, reader, lines, told, cancelled, silence, watch)
    finally:
        closing.set()
        kill_tree(process)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5.0)


def _follow(
    name: str,
    process: subprocess.Popen[bytes],
    reader: threading.Thread,
    lines: "queue.Queue[str]",
    told: Callable[[str], None],
    cancelled: threading.Event,
    silence: float,
    watch: Callable[[], object],
) -> int:
    heard = looked = time.monotonic()
    left = 0.0
    seen = watch()
    while True:
        if cancelled.is_set():
            raise Cancelled
        line = None
        with suppress(queue.Empty):
            line = lines.get(timeout=_TICK)
        now = time.monotonic()
        if line is not None:
            told(line)
            heard = now
        elif process.poll() is not None:
            # What it has started may hold its output open after it has gone.
            left = left or now
            if not reader.is_alive() or now - left > _LAST_BREATH:
                return process.returncode
        if now - looked > _WATCH:
            looked, before = now, seen
            seen = watch()
            heard = now if seen != before else heard
        if now - heard > silence:
            raise Refusal("hung", f"{name} has done nothing for {silence:.0f} seconds.", "Press the button to go on.")


def _read(stream: IO[bytes], lines: "queue.Queue[str]", closing: threading.Event) -> None:
    """Splits a child's output into lines of at most MAX_LINE bytes, at line feeds and carriage returns."""
    rest = b""
    with stream:
        while piece := _next(stream):
            *whole, rest = (rest + piece).replace(b"\r", b"\n").split(b"\n")
            # A line without an end must not grow without one.
            rest = rest[:MAX_LINE]
            for line in whole:
                _put(line, lines, closing)
            if closing.is_set():
                return
    _put(rest, lines, closing)


def _next(stream: IO[bytes]) -> bytes:
    try:
        return os.read(stream.fileno(), _PIECE)
    except OSError:
        return b""


def _put(line: bytes, lines: "queue.Queue[str]", closing: threading.Event) -> None:
    text = line[:MAX_LINE].decode("utf-8", "replace").rstrip()
    while text and not closing.is_set():
        with suppress(queue.Full):
            lines.put(text, timeout=_TICK)
            return
