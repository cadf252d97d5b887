"""Work that goes step by step, so that a window can live between two of them, and questions to the backend in it."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..backend.errors import Cancelled, Refusal
from ..backend.protocol import ProtocolError
from .job_state import JobState
from .jobs import Job, JobQueue
from .messages import Result

if TYPE_CHECKING:
    from ..backend.performance import Performance

T = TypeVar("T")

WAIT = 0.05
"""Seconds that a script's step waits for the backend."""


@dataclass(frozen=True)
class Step:
    """How far something is that is done step by step. picture: what is seen of it, (H, W, 3) uint8."""

    fraction: float
    text: str
    picture: np.ndarray | None = field(default=None, repr=False, compare=False)


Steps = Generator[Step, None, T]
"""Whose value at the end is what was made."""


def run_steps(steps: Steps[T], watch: Callable[[Step], Any] | None = None) -> T:
    """All steps at once, for scripts. watch: sees each."""
    try:
        while True:
            step = next(steps)
            if watch is not None:
                watch(step)
    except StopIteration as end:
        return end.value
    finally:
        steps.close()


def ask(
    queue: JobQueue,
    method: str,
    patience: float,
    share: tuple[float, float],
    params: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> Steps[Result]:
    """A request until its answer is there. patience: seconds that a step may wait for the backend. share: from where to
    where of the whole it takes. Raises Refusal, and Cancelled where the job was."""
    try:
        job: Job = queue.submit(method, params, arrays)
    except ProtocolError as error:
        raise Refusal("too-large", "The source is too large to be sent.", "Choose fewer meshes.") from error
    try:
        while not job.final:
            queue.poll(patience)
            text = job.text or ("Starting the backend" if queue.hello is None else "Waiting")
            yield Step(share[0] + (share[1] - share[0]) * job.fraction, text, job.picture)
    finally:
        queue.cancel(job)
    if job.state is JobState.FAILED:
        raise Refusal(job.code, job.sentence, job.cure)
    if job.result is None:
        raise Cancelled
    return job.result


def answered_performance(result: Result) -> "Performance":
    """The Performance in an answer. Raises Refusal where it is none."""
    from ..backend.performance import performance

    names, fps = result.fields.get("names"), result.fields.get("fps")
    if not isinstance(names, list) or not isinstance(fps, int | float):
        raise Refusal("bad-result", "The backend's answer cannot be understood.", "Restart the backend.")
    fields = {name: result.arrays.get(name) for name in ("head", "gaze", "torsion", "confidence")}
    return performance(
        tuple(names),
        result.arrays.get("weights", np.empty(0)),
        float(fps),
        **fields,
        source=str(result.fields.get("source", "")),
    )
