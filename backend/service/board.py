"""The jobs that are waiting and the one that runs; shared by the thread that reads and the one that computes."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(eq=False)
class Job:
    """A request. cancelled: nobody waits for its result."""

    id: int
    method: str
    params: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    cancelled: bool = False


class Board:
    """A queue of jobs in the order of their arrival. Every method is safe under threads."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None

    def post(self, job: Job) -> None:
        """Adds a job."""
        with self._change:
            self._waiting.append(job)
            self._change.notify_all()

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

    def cancel(self, id: int) -> None:
        """Drops an open job: one that waits never runs; one that runs is cancelled at its next progress."""
        with self._change:
            self._waiting = deque(job for job in self._waiting if job.id != id)
            if self._running and self._running.id == id:
                self._running.cancelled = True

    def busy_with(self, timeout: float | None = None) -> int | None:
        """The id of the running job, for which timeout seconds are waited."""
        with self._change:
            if timeout is not None:
                self._change.wait_for(lambda: self._running, timeout)
            return self._running.id if self._running else None
