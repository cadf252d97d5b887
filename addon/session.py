"""What the add-on holds while Blender runs: the backend, the job, and how the last job ended. Never saved."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import bpy
import numpy as np
from bpy.app.handlers import persistent

from ..backend.errors import Refusal
from .client import Client
from .correctives import drive_correctives, parse_correctives, remove_correctives, with_correctives
from .environment import SOURCE, backend_python, backend_settings, missing_reason
from .jobs import Job, JobQueue, JobState
from .messages import Result
from .scene_read import Head
from .scene_write import Written, write_keys

ROLE_SHARE = 0.02
"""A role that fewer of an object's vertices have is not worth naming."""


class Phase(StrEnum):
    """What the panel shows."""

    IDLE = "idle"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Row:
    """What became of one mesh, in words: what it was taken for, and its keys; no keys where it does not move."""

    name: str
    role: str
    keys: str


@dataclass(frozen=True)
class Outcome:
    """What a finished job did. confidence: 0..1. all_kept: every key was there already, so nothing has changed."""

    confidence: float
    reasons: tuple[str, ...]
    rows: tuple[Row, ...]
    all_kept: bool


@dataclass
class Task:
    """Face shapes on their way: the head as it was read, and the backend's job."""

    head: Head
    job: Job
    replace: bool


def connect() -> Client:
    """Start the backend's process. Raises Refusal where its Python is not known."""
    python = backend_python()
    if python is None:
        raise Refusal("no-backend", f"{missing_reason()}.", "Set it up in the add-on's preferences.")
    return Client([str(python), "-m", "backend", "serve"], SOURCE, settings=backend_settings())


@dataclass
class Session:
    """The only state that outlives an operator."""

    queue: JobQueue = field(default_factory=lambda: JobQueue(connect))
    task: Task | None = None
    phase: Phase = Phase.IDLE
    outcome: Outcome | None = None
    refusal: Refusal | None = None

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

    def begin(self, head: Head, names: str, replace: bool, correctives: bool = False) -> Task:
        """Send a head to the backend, which starts if need be. Raises Refusal where there is none or a job runs."""
        if self.phase is Phase.RUNNING:
            raise Refusal("busy", "A job is running.", "Wait for it, or cancel it.")
        self.outcome = self.refusal = None
        job = self.queue.submit(
            "shapes",
            {"names": names, "object_names": [piece.name for piece in head.pieces], "correctives": correctives},
            {"vertices": head.vertices, "corners": head.corners, "sizes": head.sizes, "objects": head.objects},
        )
        self.task = Task(head, job, replace)
        self.phase = Phase.RUNNING
        return self.task

    def write(self) -> Outcome:
        """Put the finished job's shapes onto the meshes. Raises Refusal, with the scene as it was."""
        if self.task is None or self.task.job.result is None:
            raise Refusal("no-result", "There are no shapes to write.", "Build the face shapes first.")
        task, result = self.task, self.task.job.result
        names = tuple(map(str, result.fields.get("names", ())))
        deltas = result.arrays.get("deltas", np.empty(0, np.float32))
        correctives = parse_correctives(result.fields.get("correctives", ()), names)
        added = tuple(corrective.name for corrective in correctives)
        if added:
            deltas = with_correctives(deltas, result.arrays.get("corrective_deltas"))
        written = write_keys(task.head, (*names, *added), deltas, task.replace)
        if task.replace:
            remove_correctives(task.head, names, added)
        drive_correctives(task.head, correctives)
        described = list(zip(written, roles(task.head, result), task.head.pieces, strict=True))
        # What matters most comes first; a character may have fifty meshes.
        described.sort(key=lambda one: (-(one[0].added + one[0].replaced + one[0].kept), -one[2].vertices))
        return Outcome(
            float(np.clip(result.fields.get("confidence", 0.0), 0.0, 1.0)),
            tuple(map(str, result.fields.get("reasons", ()))),
            tuple(Row(one.name, role, keys_in_words(one)) for one, role, _ in described),
            not any(one.added or one.replaced for one in written),
        )

    def end(self, outcome: Outcome | None = None, refusal: Refusal | None = None) -> None:
        """The job is over: done with an outcome, failed with a refusal, cancelled with neither."""
        self.task = None
        self.outcome, self.refusal = outcome, refusal
        self.phase = Phase.DONE if outcome else Phase.FAILED if refusal else Phase.CANCELLED

    def forget(self) -> None:
        """Cancel what runs and clear what the panel shows; the backend stays."""
        if self.task is not None:
            self.queue.cancel(self.task.job)
        self.task = self.outcome = self.refusal = None
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


def roles(head: Head, result: Result) -> list[str]:
    """For each piece of the head, what the backend took its vertices for, the most frequent first."""
    names = [str(name) for name in result.fields.get("part_names", ())]
    parts = result.arrays.get("parts")
    if parts is None or parts.shape != (len(head.vertices),) or not names:
        return [""] * len(head.pieces)
    found = []
    for piece in head.pieces:
        own = np.clip(parts[piece.first : piece.first + piece.vertices].astype(np.int64), 0, len(names) - 1)
        counts = np.bincount(own, minlength=len(names))
        order = [index for index in np.argsort(-counts, kind="stable") if counts[index] > ROLE_SHARE * len(own)]
        found.append(", ".join(names[index].replace("_", " ") for index in order))
    return found


def keys_in_words(written: Written) -> str:
    """Such as "52 new keys" or "49 new, 3 kept"; empty where there are none."""
    counts = ((written.added, "new"), (written.replaced, "replaced"), (written.kept, "kept"))
    done = [f"{count} {verb}" for count, verb in counts if count]
    if len(done) == 1:
        return done[0] + (" key" if done[0].startswith("1 ") else " keys")
    return ", ".join(done)


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
