"""The computing process: jobs from the front on stdin, frames on stdout; it dies when stdin closes."""

import logging
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NoReturn

from backend import VERSION, protocol
from backend.errors import Refusal
from backend.protocol import Frame, ProtocolError, Reader
from backend.service.answers import Answers, error_header, take_streams
from backend.service.board import Board, Job
from backend.service.call import Method
from backend.service.parent import die_with_parent
from backend.service.worker import heartbeat, work

HEARTBEAT_INTERVAL = 1.0

log = logging.getLogger(__name__)


def serve_jobs(prepare: Callable[[], tuple[Mapping[str, Any], Mapping[str, Method]]]) -> NoReturn:
    """Serves until stdin closes.

    prepare: does the heavy imports and gives what hello says of them and the methods by name. It may raise Refusal;
    the refusal is then the only frame, and the exit status is 1.
    """
    frames_in, frames_out = take_streams()
    die_with_parent()
    answers = Answers(frames_out)
    _log_to(answers)
    reader, board = Reader(frames_in), Board()
    known: dict[str, Method] = {}
    ready = threading.Event()
    # Reading starts before the imports, so that closing stdin ends the process even then.
    threading.Thread(target=_read, args=(reader, board, known, answers, ready), daemon=True).start()
    try:
        about, methods = prepare()
    except Refusal as refusal:
        answers.write(error_header(None, refusal.code, refusal.sentence, refusal.cure))
        os._exit(1)
    known.update(methods)
    hello = {"protocol": protocol.VERSION, "version": VERSION, "python": platform.python_version(), **about}
    answers.write({**hello, "type": "hello"})
    ready.set()
    threading.Thread(target=_beat, args=(board, answers), daemon=True).start()
    work(board, known, answers)


def _read(
    reader: Reader, board: Board, methods: Mapping[str, Method], answers: Answers, ready: threading.Event
) -> NoReturn:
    """Puts requests on the board and answers what needs no computing; ends the process with the stream."""
    # The front has checked what comes; it may die within a frame.
    with suppress(ProtocolError):
        while frame := reader.read():
            # A request may come before hello has gone out; answers come after it.
            ready.wait()
            _receive(frame, board, methods, answers)
    # No other way out ends the process while a long call is running in the computing thread.
    os._exit(0)


def _receive(frame: Frame, board: Board, methods: Mapping[str, Method], answers: Answers) -> None:
    header = frame.header
    id, method, params = header["id"], header.get("method"), header.get("params", {})
    if frame.type == "cancel":
        board.cancel(id)
    elif frame.type != "request" or not isinstance(method, str) or not isinstance(params, dict):
        answers.write(error_header(id, "bad-request", "The backend does not understand this.", "Update the add-on."))
    elif method == "ping":
        answers.write({"type": "result", "id": id, "running": board.busy_with()})
    elif method not in methods:
        sentence = f"This backend has no method {method[:64]!r}."
        answers.write(error_header(id, "unknown-method", sentence, "Set up the backend again; it is an older version."))
    else:
        board.post(Job(id, method, params, frame.arrays))


def _beat(board: Board, answers: Answers) -> NoReturn:
    """Says that the process lives while it computes."""
    while True:
        running = board.busy_with(timeout=60.0)
        if running is not None:
            answers.write(heartbeat(running))
            time.sleep(HEARTBEAT_INTERVAL)


class _LogFrames(logging.Handler):
    """Sends the log as frames."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self._answers = answers

    def emit(self, record: logging.LogRecord) -> None:
        self._answers.write({"type": "log", "level": record.levelname.lower(), "text": self.format(record)[-8192:]})


def _log_to(answers: Answers) -> None:
    """Our own log goes to the add-on and to stderr; what libraries log goes to stderr alone."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    ours = logging.getLogger("backend")
    ours.setLevel(logging.INFO)
    ours.addHandler(_LogFrames(answers))
