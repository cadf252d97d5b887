"""Jobs of the backend, for modal operators, which poll, and for scripts, which wait."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .client import Client
from .job_state import JobState
from .messages import Cancelled, Ended, Failed, Heartbeat, Hello, Log, Message, Preview, Progress, Result

CANCEL_PATIENCE = 0.3
"""Seconds after which a job counts as cancelled, whatever the backend says."""

LEAVE_PATIENCE = 5.0
"""Seconds that a cancelled job may go on to occupy the backend while others wait; then the backend is restarted."""

MAX_LOG = 500


@dataclass(eq=False)
class Job:
    """A request and what has become of it. fraction in 0..1; picture: what is done just now, (H, W, 3) uint8; result
    when DONE; sentence and cure when FAILED."""

    method: str
    params: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray] = field(repr=False)
    state: JobState = JobState.WAITING
    fraction: float = 0.0
    text: str = ""
    picture: np.ndarray | None = field(default=None, repr=False)
    result: Result | None = None
    code: str = ""
    sentence: str = ""
    cure: str = ""

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class JobQueue:
    """The jobs on one backend, which starts with the first job and again with the first after its end.

    For one thread. connect: starts a client.
    """

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._client: Client | None = None
        self._jobs: dict[int, Job] = {}
        self._cancels: dict[int, float] = {}
        self.ended: Ended | None = None
        self.log: deque[str] = deque(maxlen=MAX_LOG)

    @property
    def hello(self) -> Hello | None:
        """What the running backend says of itself; None before that, and without one."""
        return self._client.hello if self._client else None

    @property
    def running(self) -> bool:
        """Whether there is a backend, be it only starting."""
        return self._client is not None

    @property
    def open(self) -> tuple[Job, ...]:
        """The jobs that are waiting or running, in their order."""
        return tuple(job for job in self._jobs.values() if not job.final)

    def start(self) -> None:
        """Starts the backend if it is not running."""
        if self._client is None:
            self.ended = None
            self._client = self._connect()

    def submit(self, method: str, params: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> Job:
        """Adds a job; the backend runs one after the other. Raises ProtocolError as Client.submit does."""
        self.poll()
        job = Job(method, params, arrays or {})
        self._send(job)
        return job

    def cancel(self, job: Job) -> None:
        """Asks for a job's end. It is CANCELLED within CANCEL_PATIENCE, seen at the next poll."""
        for id, other in self._jobs.items():
            if other is job and not job.final and id not in self._cancels and self._client:
                self._client.cancel(id)
                self._cancels[id] = time.monotonic()

    def poll(self, timeout: float = 0.0) -> list[Job]:
        """Takes in what has happened; waits up to timeout seconds where nothing has. Returns the jobs that changed."""
        changed: list[Job] = []
        for message in self._client.poll(timeout) if self._client else ():
            changed += self._take(message)
        now = time.monotonic()
        for id, since in self._cancels.items():
            job = self._jobs.get(id)
            if job and not job.final and now - since >= CANCEL_PATIENCE:
                job.state = JobState.CANCELLED
                changed.append(job)
        if self.open and any(now - since >= LEAVE_PATIENCE for since in self._cancels.values()):
            self._restart()
        return list(dict.fromkeys(changed))

    def run(self, job: Job, watch: Callable[[Job], None] | None = None, timeout: float | None = None) -> Job:
        """Waits for a job's end, for scripts. watch sees the job whenever it has changed. After timeout seconds the
        job is cancelled; so it is when watch, or Ctrl-C, raises."""
        end = None if timeout is None else time.monotonic() + timeout
        try:
            while not job.final:
                if job in self.poll(0.05) and watch:
                    watch(job)
                if end is not None and time.monotonic() > end:
                    self.cancel(job)
        finally:
            self.cancel(job)
        return job

    def stop(self) -> None:
        """Ends the backend. Open jobs are CANCELLED."""
        if self._client:
            self._client.stop()
        self._client = None
        for job in self.open:
            job.state = JobState.CANCELLED
        self._jobs.clear()
        self._cancels.clear()

    def _send(self, job: Job) -> None:
        self.start()
        assert self._client
        self._jobs[self._client.submit(job.method, job.params, job.arrays)] = job

    def _restart(self) -> None:
        """Replaces a backend that a cancelled job does not leave; the jobs that wait go to the new one."""
        waiting = self.open
        if self._client:
            self._client.stop(grace=0.1)
        self._client = None
        self._jobs.clear()
        self._cancels.clear()
        for job in waiting:
            job.state, job.fraction, job.text = JobState.WAITING, 0.0, ""
            self._send(job)

    def _take(self, message: Message) -> list[Job]:
        """Takes in one message. Returns the jobs that it changed."""
        match message:
            case Log():
                self.log.append(f"{message.level}: {message.text}")
                return []
            case Heartbeat():
                self._cancels = {id: since for id, since in self._cancels.items() if self._stays(id, message.running)}
                return []
            case Ended():
                return self._lose(message)
            case Preview():
                job = self._jobs.get(message.id)
            case Progress():
                self._cancels = {id: since for id, since in self._cancels.items() if self._stays(id, message.id)}
                job = self._jobs.get(message.id)
            case Result() | Failed() | Cancelled():
                job = self._jobs.pop(message.id, None) if message.id is not None else None
                if not isinstance(message, Cancelled) and self._cancels.pop(message.id or 0, None) and message.id:
                    # It was done before the backend heard of the cancel; the user has cancelled all the same.
                    message = Cancelled(message.id)
            case _:
                return []
        if job is None or job.final:
            return []
        _update(job, message)
        return [job]

    def _stays(self, id: int, running: int | None) -> bool:
        """Whether a cancelled job may still occupy a backend that says what it runs."""
        return id == running or id in self._jobs

    def _lose(self, ended: Ended) -> list[Job]:
        """The backend is gone: its open jobs have failed."""
        lost = list(self.open)
        for job in lost:
            job.state = JobState.FAILED
            job.code, job.sentence, job.cure = "backend-ended", ended.sentence, ended.cure
        self.ended = ended
        self.log.extend(ended.last_words)
        self.log.append(f"error: {ended.sentence}")
        self._client = None
        self._jobs.clear()
        self._cancels.clear()
        return lost


def _update(job: Job, message: Progress | Preview | Result | Failed | Cancelled) -> None:
    match message:
        case Progress():
            job.state, job.fraction, job.text = JobState.RUNNING, message.fraction, message.text
        case Preview():
            job.picture = message.picture
        case Result():
            job.state, job.fraction, job.result = JobState.DONE, 1.0, message
        case Failed():
            job.state = JobState.FAILED
            job.code, job.sentence, job.cure = message.code, message.sentence, message.cure
        case Cancelled():
            job.state = JobState.CANCELLED
