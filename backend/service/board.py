"""The jobs that are waiting and the one that runs; shared by the thread that reads and the one that computes."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_WAITING = 64


@dataclass(eq=False)
class Job:
    """A request. answered: its last frame is spoken for, so nothing more may be sent about it."""

    id: int
    method: str
    params: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    answered: bool = False


class Board:
    """A queue of jobs in the order of their arrival. Every method is safe under threads."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None

    def post(self, job: Job) -> bool:
        """Adds a job; False, and nothing added, if its id is open already or too many wait."""
        with self._change:
            if len(self._waiting) >= MAX_WAITING or any(job.id == other.id for other in self._open()):
                return False
            self._waiting.append(job)
            self._change.notify_all()
            return True

    def take(self) -> Job:
        """Waits for the next job and makes it the running one."""
        with self._change:
            self._change.wait_for(lambda: self._waiting)
            self._running = self._waiting.popleft()
            self._change.notify_all()
            return self._running

    def finish(self) -> None:
        """The running job has left the computing thread."""
        with self._change:
            self._running = None

    def claim(self, job: Job) -> bool:
        """The right to send a job's last frame: True once, for whoever asks first."""
        with self._change:
            first = not job.answered
            job.answered = True
            return first

    def cancel(self, id: int) -> bool:
        """Claims an open job for the cancel. One that waits never runs; one that runs notices at its next progress."""
        with self._change:
            for job in self._open():
                if job.id == id and not job.answered:
                    job.answered = True
                    if job is not self._running:
                        self._waiting.remove(job)
                    return True
            return False

    def busy_with(self, timeout: float | None = None) -> int | None:
        """The id of the running job, for which timeout seconds are waited."""
        with self._change:
            if timeout is not None:
                self._change.wait_for(lambda: self._running, timeout)
            return self._running.id if self._running else None

    def _open(self) -> list[Job]:
        return [*([self._running] if self._running else []), *self._waiting]
