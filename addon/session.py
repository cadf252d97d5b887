"""What the add-on holds while Blender runs: the backend, the job, and how the last job ended. Never saved."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import bpy
import numpy as np
from bpy.app.handlers import persistent

from ..backend.errors import Refusal
from ..backend.protocol import ProtocolError
from .client import Client
from .environment import SOURCE, backend_python, backend_settings, missing_reason
from .frame import front_axis
from .jobs import Job, JobQueue, JobState
from .names import NameMap
from .options import BuildOptions, WriteOptions
from .outcome import Outcome, write_result
from .scene_read import Head


class Phase(StrEnum):
    """What the panel shows."""

    IDLE = "idle"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass
class Task:
    """Face shapes on their way: the head as it was read, the backend's job, and how its result is to be written."""

    head: Head
    job: Job
    names: NameMap
    options: WriteOptions


def connect() -> Client:
    """Start the backend's process. Raises Refusal where its Python is not known."""
    python = backend_python()
    if python is None:
        raise Refusal("no-backend", f"{missing_reason()}.", "Set it up in the add-on's preferences.")
    return Client([str(python), "-m", "backend", "serve"], SOURCE, settings=backend_settings())


def shapes_request(head: Head, options: BuildOptions) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The params and arrays of a request for a head's shapes."""
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

    queue: JobQueue = field(default_factory=lambda: JobQueue(connect))
    task: Task | None = None
    written: Task | None = None
    """The task whose shapes were written last, so that they can be written otherwise."""
    phase: Phase = Phase.IDLE
    outcome: Outcome | None = None
    refusal: Refusal | None = None
    refused: frozenset[str] = frozenset()
    """Names of the meshes that the refusal is about."""

    @property
    def fraction(self) -> float:
        """How far the job is, 0..1."""
        return self.task.job.fraction if self.task else 0.0

    @property
    def text(self) -> str:
        """What the job does at the moment."""
        if self.task is None or not self.task.job.text:
            return "Starting the backend" if self.queue.hello is None else "Waiting"
        return self.task.job.text

    @property
    def backend_line(self) -> str:
        """What the backend is doing, in a few words."""
        hello = self.queue.hello
        if hello is not None:
            return f"Backend ready on {'CPU' if hello.device == 'cpu' else hello.device}"
        if self.queue.ended is not None:
            return f"Backend has stopped: {self.queue.ended.sentence}"
        return "Backend is starting" if self.queue.running else "Backend starts when needed"

    def begin(self, head: Head, build: BuildOptions, write: WriteOptions) -> Task:
        """Send a head to the backend, which starts if need be. Raises Refusal where there is none or a job runs."""
        if self.phase is Phase.RUNNING:
            raise Refusal("busy", "A job is running.", "Wait for it, or cancel it.")
        self.outcome = self.refusal = self.written = None
        try:
            job = self.queue.submit("shapes", *shapes_request(head, build))
        except ProtocolError as error:
            raise Refusal("too-large", "The selected meshes are too large to be sent.", "Select fewer.") from error
        self.task = Task(head, job, build.names, write)
        self.phase = Phase.RUNNING
        return self.task

    def write(self, options: WriteOptions | None = None) -> Outcome:
        """Put the finished job's shapes onto the meshes, or once more those that were written last, in another way.
        Raises Refusal, with the scene as it was."""
        task = self.task or self.written
        if task is None or task.job.result is None:
            raise Refusal("no-result", "There are no shapes to write.", "Build the face shapes first.")
        outcome = write_result(task.head, task.job.result, task.names, options or task.options)
        self.written = task
        return outcome

    def end(self, outcome: Outcome | None = None, refusal: Refusal | None = None) -> None:
        """The job is over: done with an outcome, failed with a refusal, cancelled with neither."""
        self.refused = frozenset(piece.name for piece in self.task.head.pieces) if self.task else frozenset()
        self.task = None
        self.outcome, self.refusal = outcome, refusal
        self.phase = Phase.DONE if outcome else Phase.FAILED if refusal else Phase.CANCELLED

    def forget(self) -> None:
        """Cancel what runs and clear what the panel shows; the backend stays."""
        if self.task is not None:
            self.queue.cancel(self.task.job)
        self.task = self.written = self.outcome = self.refusal = None
        self.phase = Phase.IDLE


SESSION = Session()


def settle(write: Callable[[], None]) -> Refusal | None:
    """End a job that is final. write: puts its result into the scene and ends it; called for a job that is done.

    Returns the refusal, or None where the keys are written or the user cancelled.
    """
    task = SESSION.task
    if task is None or task.job.state is JobState.CANCELLED:
        SESSION.end()
    elif task.job.state is JobState.FAILED:
        SESSION.end(refusal=Refusal(task.job.code, task.job.sentence, task.job.cure))
    else:
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
