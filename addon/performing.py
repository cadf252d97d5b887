"""What the performance panel shows: the take at hand, what runs, and how the last of it ended. Never saved."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import bpy
from bpy.app.handlers import persistent

from ..backend.errors import Refusal
from . import preview

if TYPE_CHECKING:
    from ..backend.fitting.corrections import Corrections
    from .correcting import Corrected
    from .fit_read import FilmFit, PhotoFit
    from .speech_read import Spoken
    from .steps import Step
    from .takes import Take


@dataclass
class Performing:
    """The only state of performances that outlives an operator. step: how far what runs is; None where nothing does.
    stopped: whether the user has cancelled it. fit: of photographs or a film, the last. corrected: a head that was
    fitted again, the last. dragged: of cameras by their names, the points that such a fit was asked for with and that
    it has not come to yet. spoken: the recording that was heard last."""

    take: "Take | None" = None
    fit: "PhotoFit | FilmFit | None" = None
    corrected: "Corrected | None" = None
    dragged: "dict[str, Corrections]" = field(default_factory=dict)
    spoken: "Spoken | None" = None
    step: "Step | None" = None
    stopped: bool = False
    refusal: Refusal | None = None
    told: tuple[str, ...] = ()
    by: str = ""

    def begin(self, step: "Step") -> None:
        """Something runs from now on. Raises Refusal where something does already."""
        if self.step is not None:
            raise Refusal("busy", "A performance is being read.", "Wait for it, or cancel it.")
        self.step, self.stopped, self.refusal, self.told = step, False, None, ()

    def end(
        self,
        take: "Take | None" = None,
        refusal: Refusal | None = None,
        told: tuple[str, ...] = (),
        by: str = "",
    ) -> None:
        """It is over: with a take, refused, or cancelled with neither. by: the panel that shows how."""
        self.by = by
        self.step = None
        self.take = take or self.take
        self.refusal, self.told = refusal, told

    def forget(self) -> None:
        """Nothing is at hand, and what runs ends at its next step."""
        self.stopped = True
        self.take = self.fit = self.corrected = self.spoken = self.step = self.refusal = None
        self.told, self.dragged = (), {}


PERFORMING = Performing()


@persistent
def forget_on_load(*_) -> None:
    """Another file is about to be opened: what is at hand belongs to this one."""
    preview.leave()
    PERFORMING.forget()


@persistent
def leave_preview(*_) -> None:
    """What is previewed must not be saved."""
    preview.leave()


@persistent
def take_back(*_) -> None:
    """What is previewed must not be undone either, and what was told of the last bake may no longer be so."""
    preview.leave()
    PERFORMING.told = ()


@persistent
def show_again(*_) -> None:
    """Curves have given what is previewed the values of another frame."""
    preview.show_again()


HANDLERS = (
    ("load_pre", forget_on_load),
    ("save_pre", leave_preview),
    ("undo_pre", take_back),
    ("frame_change_post", show_again),
)


def register() -> None:
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    preview.leave()
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
    PERFORMING.forget()
