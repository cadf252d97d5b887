"""The shape of fitted heads follows their sliders: at once while they are dragged, and where they are animated."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import bpy
import numpy as np
from bpy.app.handlers import persistent
from idprop.types import IDPropertyArray

from ..backend.errors import Refusal
from .fitted_properties import SLIDERS
from .job_state import JobState
from .session import SESSION, redraw

if TYPE_CHECKING:
    from .identity import IdentityBasis
    from .jobs import Job

TICK = 0.05
"""Seconds between two looks at the backend."""

SHOWN = "facsimile_shown"
"""Custom property of the empty: the sliders and coefficients that its meshes show."""


@dataclass
class HeadShape:
    """The backend is asked once, how identities move the head; from then on sliders need it no more. Never saved.

    basis: its answer. job: the question, while it is open. refusal: why a slider does nothing."""

    basis: "IdentityBasis | None" = None
    job: "Job | None" = None
    refusal: Refusal | None = None
    resting: bool = False

    def follow(self, head: bpy.types.Object, animated: bpy.types.Object | None = None) -> None:
        """Have a head's meshes show what its sliders say, or those of the same head as it is evaluated, now or when the
        backend has answered."""
        if self.resting:
            return
        self.refusal = None
        try:
            self._ask()
        except Refusal as refusal:
            self._refuse(refusal)
        if bpy.app.background and self.job is not None:
            SESSION.queue.run(self.job)
            self.take()
        elif self.job is not None and not bpy.app.timers.is_registered(watch):
            bpy.app.timers.register(watch, first_interval=TICK)
        if self.basis is not None:
            self._show(head, animated or head)

    def set(self, head: bpy.types.Object, coefficients: np.ndarray) -> None:
        """Give a head other coefficients (I,), under its sliders. Raises Refusal, with the scene as it was."""
        from .identity import move_identity

        assert self.basis is not None
        own = head.facsimile_fitted.coefficients
        change = np.asarray(coefficients, np.float64) - [one.value for one in own]
        move_identity(head, self.basis, self.basis.code(head) + change)
        self.load(head, coefficients)

    def load(self, head: bpy.types.Object, coefficients: np.ndarray) -> None:
        """Give the sliders of a head whose meshes show it already its coefficients (I,)."""
        own = head.facsimile_fitted.coefficients
        with self.rest():
            while len(own) < len(coefficients):
                own.add()
            for one, value in zip(own, coefficients.tolist(), strict=True):
                one.value = value
        head[SHOWN] = stated(head)

    @contextmanager
    def rest(self) -> Iterator[None]:
        """For as long as sliders are set that nothing is to follow."""
        before, self.resting = self.resting, True
        try:
            yield
        finally:
            self.resting = before

    def follow_all(self) -> None:
        """The same for all heads that do not show what their sliders say, such as after an undo."""
        from .fitted_head import fitted_heads

        if self.basis is not None:
            for head in fitted_heads():
                if stated(head) != stored(head):
                    self._show(head, head)

    def play(self, depsgraph: bpy.types.Depsgraph) -> None:
        """Have the heads whose sliders are animated, by whatever, show what these are at the frame that was evaluated;
        Blender evaluates what is changed here once more."""
        from .fitted_head import fitted_heads

        for head in fitted_heads():
            shown = head.evaluated_get(depsgraph)
            if stated(shown) != stored(head):
                self.follow(head, shown)

    def take(self) -> None:
        """Take in the answer of a job that is final."""
        from .identity import identity_basis

        job, self.job = self.job, None
        if job is None:
            return
        try:
            if job.state is JobState.FAILED:
                raise Refusal(job.code, job.sentence, job.cure)
            if job.result is not None:
                self.basis = identity_basis(job.result)
        except Refusal as refusal:
            self._refuse(refusal)

    def forget(self) -> None:
        """The backend is asked again when a slider moves."""
        if self.job is not None:
            SESSION.queue.cancel(self.job)
        self.job = self.refusal = None

    def _ask(self) -> None:
        if self.basis is None and self.job is None:
            self.job = SESSION.queue.submit("head_basis", {})

    def _show(self, head: bpy.types.Object, stating: bpy.types.Object) -> None:
        from .identity import move_identity

        assert self.basis is not None
        try:
            if move_identity(head, self.basis, self.basis.code(stating)):
                head.update_tag()
            head[SHOWN] = stated(stating)
        except Refusal as refusal:
            self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> None:
        self.refusal = refusal
        if bpy.app.background:
            print(f"Facsimile: {refusal}")


HEAD_SHAPE = HeadShape()


def stated(head: bpy.types.Object) -> list[float]:
    """What sliders and coefficients say."""
    fitted = head.facsimile_fitted
    return [getattr(fitted, name) for name in SLIDERS] + [one.value for one in fitted.coefficients]


def stored(head: bpy.types.Object) -> list[float]:
    """What they said when the meshes were moved last."""
    values = head.get(SHOWN)
    return cast(list[float], values.to_list()) if isinstance(values, IDPropertyArray) else []


def watch() -> float | None:
    """Look after the question until it is answered; for a timer."""
    job = HEAD_SHAPE.job
    if job is None:
        return None
    SESSION.queue.poll()
    if not job.final:
        return TICK
    HEAD_SHAPE.take()
    HEAD_SHAPE.follow_all()
    redraw()
    return None


@persistent
def forget_on_load(*_) -> None:
    """Another file is about to be opened."""
    HEAD_SHAPE.forget()


@persistent
def follow_after_undo(*_) -> None:
    """What was undone or done again may be a slider whose meshes came later."""
    HEAD_SHAPE.follow_all()


@persistent
def play_frame(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    """The scene has gone to another frame."""
    HEAD_SHAPE.play(depsgraph)


HANDLERS = (
    ("load_pre", forget_on_load),
    ("undo_post", follow_after_undo),
    ("redo_post", follow_after_undo),
    ("frame_change_post", play_frame),
)


def register() -> None:
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
    if bpy.app.timers.is_registered(watch):
        bpy.app.timers.unregister(watch)
    HEAD_SHAPE.forget()
