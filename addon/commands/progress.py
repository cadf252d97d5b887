"""How far a verb is, as lines on standard output."""

from ..job_state import JobState
from ..jobs import Job
from ..steps import Step

DONE, INTERRUPTED = 0, 130
"""Exit statuses."""


def print_progress(job: Job) -> None:
    """One line per report of the backend."""
    if job.state is JobState.RUNNING:
        print(f"{job.fraction:4.0%} {job.text}", flush=True)


class StepPrinter:
    """One line per hundredth of the way, and for every new kind of work."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, step: Step) -> None:
        line = f"{step.fraction:4.0%} {step.text}"
        mark = line[:4] + step.text.rstrip("0123456789")
        if mark != self._last:
            print(line, flush=True)
        self._last = mark
