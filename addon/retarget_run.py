"""Work on a character's controls: its steps one after the other, with the backend's jobs and the scene's poses."""

import time
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

from ..backend.errors import Refusal
from ..backend.performance import Performance
from ..backend.rigs.mapping import Mapping as ControlMapping
from .job_state import JobState
from .jobs import Job, JobQueue
from .puppet import Character, puppet
from .studying import Pose, Progress, Question

TICK = 0.15
"""Seconds that poses are shown for before the window has its turn."""

T = TypeVar("T")

Work = Callable[[Character, Performance, ControlMapping, Progress], Generator[Pose | Question, Any, T]]
"""studying, or retargeting."""


class Run(Generic[T]):
    """The steps on their way, for modal operators, which advance, and for scripts, which finish."""

    def __init__(
        self, work: Work[T], character: Character, performance: Performance, given: ControlMapping, queue: JobQueue
    ) -> None:
        self.progress = Progress()
        self.result: T | None = None
        self._character = character
        self._queue = queue
        self._steps = work(character, performance, given, self.progress)
        self._job: Job | None = None
        self._asked: Pose | Question = next(self._steps)

    def advance(self, seconds: float = TICK) -> bool:
        """Go on for a while; False while there is more to do. Raises Refusal where it cannot end."""
        end = time.monotonic() + seconds
        if self.result is None and isinstance(self._asked, Pose):
            with puppet(self._character) as show:
                while isinstance(self._asked, Pose) and self.result is None and time.monotonic() < end:
                    self._send(show(self._asked.values))
        elif isinstance(self._asked, Question):
            self._ask(self._asked)
        return self.result is not None

    def finish(self) -> T:
        """All of it, waiting. Raises Refusal."""
        try:
            while not self.advance(60.0):
                if self._job is not None:
                    self._queue.run(self._job)
        finally:
            self.cancel()
        assert self.result is not None
        return self.result

    def cancel(self) -> None:
        """Stop; the scene is as it was after every step."""
        if self._job is not None:
            self._queue.cancel(self._job)
        self._steps.close()

    def _ask(self, question: Question) -> None:
        if self._job is None:
            self._job = self._queue.submit("retarget", question.params, question.arrays)
        self._queue.poll()
        job = self._job
        if not job.final:
            if job.text:
                self.progress.text = job.text
            return
        self._job = None
        if job.state is JobState.FAILED:
            raise Refusal(job.code, job.sentence, job.cure)
        if job.result is None:
            raise Refusal("cancelled", "The job was cancelled.", "Start it again.")
        self._send(job.result)

    def _send(self, answer: Any) -> None:
        try:
            self._asked = self._steps.send(answer)
        except StopIteration as end:
            self.result = end.value
