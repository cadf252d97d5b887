"""Runs jobs one after another and turns whatever happens to them into frames."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from backend.errors import Cancelled, Progress, Refusal
from backend.protocol import Writer, encode
from backend.service.answers import error_header
from backend.service.board import Board, Job
from backend.service.call import Call, Method, Reply

Show = Callable[[Callable[[], np.ndarray]], None]

PICTURE_INTERVAL = 0.25
"""Seconds between two pictures of what is being done."""

PROGRESS_INTERVAL = 0.1
"""Seconds between two progress frames; between them progress only looks for a cancel."""

log = logging.getLogger(__name__)


def work(board: Board, methods: Mapping[str, Method], writer: Writer) -> NoReturn:
    """Runs jobs for ever, in the thread that calls it."""
    while True:
        job = board.take()
        last = _run(job, methods[job.method], _reporter(job, writer), _shower(job, writer))
        board.finish()
        if job.cancelled:
            writer.write(heartbeat(None))
        else:
            writer.send(last)


def heartbeat(running: int | None) -> dict[str, Any]:
    """The header that says which job occupies the computing thread, a cancelled one included."""
    return {"type": "heartbeat", "running": running}


def _run(job: Job, method: Method, progress: Progress, show: Show) -> list[memoryview]:
    """The job's last frame; an empty one if it was cancelled."""
    try:
        progress(0.0, "Started")
        reply: Reply = method(Call(job.params, job.arrays, progress, show))
        return encode({**reply.fields, "type": "result", "id": job.id}, reply.arrays)
    except Cancelled:
        return []
    except Refusal as refusal:
        return encode(error_header(job.id, refusal.code, refusal.sentence, refusal.cure))
    except MemoryError:
        sentence, cure = "There is not enough memory for this job.", "Close other programs or decimate the mesh."
        return encode(error_header(job.id, "out-of-memory", sentence, cure))
    # One job must not take the others down with it, whatever it raises: this is the boundary between them.
    except Exception as error:
        log.exception("The job %d (%s) failed.", job.id, job.method)
        sentence = f"Something went wrong inside the backend ({type(error).__name__})."
        return encode(
            error_header(job.id, "internal", sentence, "Try again; if it fails again, report it with the log.")
        )


def _reporter(job: Job, writer: Writer) -> Progress:
    """A Progress that sends frames, not too many, and raises Cancelled once the job is cancelled."""
    due = 0.0

    def report(fraction: float, text: str) -> None:
        nonlocal due
        if job.cancelled:
            raise Cancelled
        now = time.monotonic()
        if now >= due:
            due = now + PROGRESS_INTERVAL
            # The order of min and max also makes a number of a NaN.
            fraction = round(max(0.0, min(1.0, float(fraction))), 4)
            writer.write({"type": "progress", "id": job.id, "fraction": fraction, "text": text})

    return report


def _shower(job: Job, writer: Writer) -> Show:
    """Sends pictures, not too many, as frames of the type preview."""
    due = 0.0

    def show(draw: Callable[[], np.ndarray]) -> None:
        nonlocal due
        if time.monotonic() >= due and not job.cancelled:
            writer.write({"type": "preview", "id": job.id}, {"picture": draw()})
            # From the end of the drawing on: a slow machine spends most of its time on the fit all the same.
            due = time.monotonic() + PICTURE_INTERVAL

    return show
