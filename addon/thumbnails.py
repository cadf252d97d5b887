"""Small pictures of the shapes of a head, drawn by the backend and kept as icons while Blender runs. Never saved."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import bpy
import bpy.utils.previews
import numpy as np
from bpy.app.handlers import persistent

from ..backend.errors import Refusal
from .job_state import JobState
from .record import has_shapes
from .reviewing import review_order
from .session import SESSION, redraw

if TYPE_CHECKING:
    from .jobs import Job

TICK = 0.1
"""Seconds between two looks at the backend."""


@dataclass
class Thumbnails:
    """The pictures, and the job that makes them."""

    job: "Job | None" = None
    names: tuple[str, ...] = ()
    """The shapes, those first that move the meshes least."""
    objects: frozenset[int] = frozenset()
    """Numbers of the objects whose shapes they are."""
    refusal: Refusal | None = None
    icons: dict[str, int] = field(default_factory=dict)
    previews: Any = None

    @property
    def running(self) -> bool:
        """Whether pictures are being made."""
        return self.job is not None

    def show(self, objects: Sequence[bpy.types.Object]) -> bool:
        """Whether the pictures are those of the objects."""
        return bool(self.icons) and self.objects == {item.session_uid for item in objects}

    def begin(self, objects: Sequence[bpy.types.Object]) -> "Job":
        """Ask the backend for pictures of the shapes of the objects that have some. Raises Refusal."""
        # Here and not above: switching the add-on on must not wait for it.
        from ..backend.protocol import ProtocolError
        from .shape_pictures import shape_pictures_request

        self.forget()
        chosen = [item for item in objects if has_shapes(item)]
        if not chosen:
            raise Refusal("no-shapes", "None of the selected meshes has face shapes.", "Build them first.")
        self.names = tuple(review_order(chosen))
        self.objects = frozenset(item.session_uid for item in chosen)
        try:
            self.job = SESSION.queue.submit("thumbnails", *shape_pictures_request(chosen, self.names))
        except ProtocolError as error:
            raise Refusal("too-large", "The selected meshes are too large to be sent.", "Select fewer.") from error
        return self.job

    def take(self) -> None:
        """Turn the pictures of a job that is final into icons, or keep its refusal."""
        # Here and not above: switching the add-on on must not wait for it.
        from .shape_pictures import SIZE

        job, self.job = self.job, None
        if job is None or job.state is JobState.CANCELLED:
            return
        pictures = job.result.arrays.get("pictures") if job.result is not None else None
        if job.state is JobState.FAILED:
            self.refusal = Refusal(job.code, job.sentence, job.cure)
        elif pictures is None or pictures.shape != (len(self.names), SIZE, SIZE, 4) or pictures.dtype.kind not in "ui":
            self.refusal = Refusal("bad-result", "The backend's pictures do not fit.", "Restart the backend.")
        else:
            self.previews = bpy.utils.previews.new()
            for name, picture in zip(self.names, pictures, strict=True):
                self.icons[name] = add_icon(self.previews, name, picture)

    def forget(self) -> None:
        """Cancel what runs and let the pictures go."""
        if self.job is not None:
            SESSION.queue.cancel(self.job)
        if self.previews is not None:
            bpy.utils.previews.remove(self.previews)
        self.job = self.refusal = self.previews = None
        self.names, self.objects, self.icons = (), frozenset(), {}


def add_icon(previews: Any, name: str, picture: np.ndarray) -> int:
    """The number of a new icon. picture: (h, w, 4) uint8 RGBA, rows from the top."""
    preview = previews.new(name)
    preview.image_size = picture.shape[1], picture.shape[0]
    # Blender's pixels are whole numbers with red in the lowest byte, rows from the bottom.
    pixels = np.ascontiguousarray(picture[::-1].astype(np.uint8)).view("<i4").reshape(-1)
    preview.image_pixels.foreach_set(pixels)
    return preview.icon_id


THUMBNAILS = Thumbnails()


def watch() -> float | None:
    """Look after the job until it is final; for a timer."""
    job = THUMBNAILS.job
    if job is None:
        return None
    if SESSION.queue.poll() or job.final:
        redraw()
    if not job.final:
        return TICK
    THUMBNAILS.take()
    redraw()
    return None


def take_when_done() -> None:
    """Have the job looked after while Blender goes on."""
    if not bpy.app.timers.is_registered(watch):
        bpy.app.timers.register(watch, first_interval=TICK)


@persistent
def forget_on_load(*_) -> None:
    """Another file is about to be opened."""
    THUMBNAILS.forget()


def register() -> None:
    bpy.app.handlers.load_pre.append(forget_on_load)


def unregister() -> None:
    bpy.app.handlers.load_pre.remove(forget_on_load)
    if bpy.app.timers.is_registered(watch):
        bpy.app.timers.unregister(watch)
    THUMBNAILS.forget()
