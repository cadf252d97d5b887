"""What the add-on holds while Blender runs: the backend, the job, and how the last job ended. Never saved."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.handlers import persistent

from ..backend.errors import Refusal
from .environment import SOURCE, backend_python, backend_settings, missing_reason
from .job_state import JobState

# The rest is not imported before a job is: switching the add-on on must not wait for it.
if TYPE_CHECKING:
    import numpy as np

    from .client import Client
    from .jobs import Job, JobQueue
    from .names import NameMap
    from .options import BuildOptions, WriteOptions
    from .outcome import Outcome
    from .scene_read import Head

ON_ITS_WAY = "The shapes of these meshes are being built."


class Phase(StrEnum):
    """What the panel shows."""

    IDLE = "idle"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(eq=False)
class Task:
    """Face shapes on their way: the head as it was read, the backend's job, and how its result is to be written."""

    head: "Head"
    job: "Job"
    names: "NameMap"
    options: "WriteOptions"


def connect() -> "Client":
    """Start the backend's process. Raises Refusal where its Python is not known."""
    from .client import Client

    python = backend_python()
    if python is None:
        raise Refusal("no-backend", f"{missing_reason()}.", "Set it up in the add-on's preferences.")
    return Client([str(python), "-m", "backend", "serve"], SOURCE, settings=backend_settings())


def shapes_request(head: "Head", options: "BuildOptions") -> tuple[dict[str, Any], "dict[str, np.ndarray]"]:
    """The params and arrays of a request for a head's shapes."""
    from .frame import front_axis

    params = {
        "names": options.names.vocabulary,
        "object_names": [piece.name for piece in head.pieces],
        "correctives": options.correctives,
        "roles": list(head.roles),
        "front": front_axis(options.front),
        "seals": options.seals,
    }
    arrays = {"vertices": head.vertices, "corners": head.corners, "sizes": head.sizes, "objects": head.objects}
    return params, arrays if head.region is None else arrays | {"region": head.region}


@dataclass
class Session:
    """The only state that outlives an operator."""

    tasks: list[Task] = field(default_factory=list)
    """The heads on their way, in the order in which the backend takes them."""
    written: Task | None = None
    """The task whose shapes were written last, so that they can be written otherwise."""
    phase: Phase = Phase.IDLE
    outcome: "Outcome | None" = None
    refusal: Refusal | None = None
    refused: frozenset[str] = frozenset()
    """Names of the meshes that the refusal is about."""

    @cached_property
    def queue(self) -> "JobQueue":
        """The backend's jobs."""
        from .jobs import JobQueue

        return JobQueue(connect)

    @property
    def task(self) -> Task | None:
        """The head whose turn it is."""
        return self.tasks[0] if self.tasks else None

    @property
    def ready(self) -> Task | None:
        """The head whose shapes can be written: the one whose turn it is, or the one that was written last."""
        return self.task if self.task is not None and self.task.job.result is not None else self.written

    @property
    def fraction(self) -> float:
        """How far the job is whose turn it is, 0..1."""
        return self.task.job.fraction if self.task else 0.0

    def text(self, task: Task) -> str:
        """What a job does at the moment."""
        if task.job.text:
            return task.job.text
        if task is not self.task:
            return "Waiting for its turn"
        return "Starting the backend" if self.queue.hello is None else "Waiting"

    def builds(self, objects: Iterable[bpy.types.Object]) -> bool:
        """Whether a head on its way has any of these objects."""
        wanted = {item.session_uid for item in objects}
        return any(piece.object_uid in wanted for task in self.tasks for piece in task.head.pieces)

    @property
    def backend_line(self) -> str:
        """What the backend is doing, in a few words."""
        hello = self.queue.hello
        if hello is not None:
            return f"Backend ready on {'CPU' if hello.device == 'cpu' else hello.device}"
        if self.queue.ended is not None:
            return f"Backend has stopped: {self.queue.ended.sentence}"
        return "Backend is starting" if self.queue.running else "Backend starts when needed"

    def begin(self, head: "Head", build: "BuildOptions", write: "WriteOptions") -> Task:
        """Send a head to the backend, which starts if need be and takes one after the other. Raises Refusal where there
        is none, or the head is on its way already."""
        from ..backend.protocol import ProtocolError

        known = {piece.object_uid for task in self.tasks for piece in task.head.pieces}
        if any(piece.object_uid in known for piece in head.pieces):
            raise Refusal("busy", ON_ITS_WAY, "Wait for them, or cancel.")
        if not self.tasks:
            self.outcome = self.refusal = None
        try:
            job = self.queue.submit("shapes", *shapes_request(head, build))
        except ProtocolError as error:
            raise Refusal("too-large", "The selected meshes are too large to be sent.", "Select fewer.") from error
        self.tasks.append(Task(head, job, build.names, write))
        self.phase = Phase.RUNNING
        return self.tasks[-1]

    def write(self, options: "WriteOptions | None" = None) -> "Outcome":
        """Put the finished job's shapes onto the meshes, or once more those that were written last, in another way.
        Raises Refusal, with the scene as it was."""
        from .outcome import write_result

        task = self.ready
        if task is None or task.job.result is None:
            raise Refusal("no-result", "There are no shapes to write.", "Build the face shapes first.")
        outcome = write_result(task.head, task.job.result, task.names, options or task.options)
        self.written = task
        return outcome

    def end(self, task: Task, outcome: "Outcome | None" = None, refusal: Refusal | None = None) -> None:
        """A job is over: done with an outcome, failed with a refusal, cancelled with neither."""
        if task in self.tasks:
            self.tasks.remove(task)
        self._conclude(outcome, refusal, [piece.name for piece in task.head.pieces])

    def refuse(self, refusal: Refusal, names: Iterable[str]) -> None:
        """A job about the meshes of these names could not begin."""
        self._conclude(None, refusal, names)

    def _conclude(self, outcome: "Outcome | None", refusal: Refusal | None, names: Iterable[str]) -> None:
        self.outcome, self.refusal, self.refused = outcome, refusal, frozenset(names)
        ended = Phase.DONE if outcome else Phase.FAILED if refusal else Phase.CANCELLED
        self.phase = Phase.RUNNING if self.tasks else ended

    def forget(self) -> None:
        """Cancel what runs and clear what the panel shows; the backend stays."""
        for task in self.tasks:
            self.queue.cancel(task.job)
        self.tasks.clear()
        self.written = self.outcome = self.refusal = None
        self.phase = Phase.IDLE


SESSION = Session()


def settle(task: Task, write: Callable[[], None]) -> Refusal | None:
    """End a job that is final. write: puts the shapes that are ready into the scene and ends the job; called for one
    that is done.

    Returns the refusal, or None where the keys are written or the user cancelled.
    """
    if task not in SESSION.tasks:
        return None
    if task.job.state is JobState.CANCELLED:
        SESSION.end(task)
    elif task.job.state is JobState.FAILED:
        SESSION.end(task, refusal=Refusal(task.job.code, task.job.sentence, task.job.cure))
    else:
        # One before it may be done too, and not have been looked at yet.
        SESSION.tasks.sort(key=lambda other: other is not task)
        write()
    return SESSION.refusal


def redraw() -> None:
    """Have every sidebar, and the preferences, drawn again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if (area.type, region.type) in (("VIEW_3D", "UI"), ("PREFERENCES", "WINDOW")):
                    region.tag_redraw()


@persistent
def forget_on_load(*_) -> None:
    """Another file is about to be opened: what runs belongs to this one."""
    SESSION.forget()


def register() -> None:
    bpy.app.handlers.load_pre.append(forget_on_load)


def unregister() -> None:
    bpy.app.handlers.load_pre.remove(forget_on_load)
    SESSION.forget()
    SESSION.queue.stop()
