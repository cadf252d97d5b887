"""A recording spoken while its options change: each frame shows what would be written, and nothing is."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bpy

from ..backend.errors import Cancelled, Refusal
from . import preview
from .performing import PERFORMING
from .session import SESSION, redraw
from .speech_properties import SPEECH

if TYPE_CHECKING:
    from .speech_read import Spoken
    from .steps import Steps

NAME = "facsimile.speak_live"
"""As panels spell it: what an operator has as bl_idname while it runs is spelt otherwise."""

SETTLED, TICK = 0.2, 0.05
"""Seconds without a change before the backend is asked again, and between looks at its answer."""

LONGEST = 120.0
"""Seconds of a recording that can be followed."""

FIRST = 1.0
"""The frame on which a recording begins."""


@dataclass
class Live:
    """names: of the meshes that speak. spoken: the last answer. steps: the question on its way. due: when to ask again;
    None where nothing has changed since."""

    names: tuple[str, ...] = ()
    spoken: "Spoken | None" = None
    steps: "Steps[Spoken] | None" = None
    due: float | None = None

    def stop(self) -> None:
        """No answer is waited for any more."""
        if self.steps is not None:
            self.steps.close()
        self.steps = self.due = None


LIVE = Live()


def begin(names: tuple[str, ...]) -> None:
    """Meshes of these names speak the scene's recording from now on."""
    LIVE.stop()
    LIVE.names, LIVE.spoken = names, None
    preview.enter(NAME, show, follows=True)
    ask_again(0.0)


def ask_again(patience: float = SETTLED) -> None:
    """Something has changed."""
    if preview.shown(NAME):
        LIVE.due = time.monotonic() + patience
        if not bpy.app.timers.is_registered(tick):
            bpy.app.timers.register(tick, first_interval=TICK)


def tick() -> float | None:
    """What a timer does until there is nothing to wait for."""
    return TICK if advance() else None


def advance(patience: float = 0.0) -> bool:
    """Ask, or take the answer; whether there is more to do. patience: seconds that it may wait for the backend."""
    if not preview.shown(NAME):
        LIVE.stop()
        return False
    try:
        if LIVE.due is not None and time.monotonic() >= LIVE.due:
            LIVE.stop()
            LIVE.steps = asked(patience)
        if LIVE.steps is not None:
            next(LIVE.steps)
    except StopIteration as end:
        LIVE.steps, LIVE.spoken = None, end.value
        if end.value.motion.duration > LONGEST:
            give_up(Refusal("too-long", "The recording is longer than two minutes.", "Speak it, and look then."))
        else:
            show()
        redraw()
    except Refusal as refusal:
        give_up(refusal)
    except Cancelled:
        give_up(None)
    return LIVE.steps is not None or LIVE.due is not None


def asked(patience: float) -> "Steps[Spoken]":
    """The question that the scene's settings ask. Words and phones are found once."""
    # Here and not above: switching the add-on on must not wait for it.
    from .speech_read import speak, speech_request

    scene: Any = bpy.context.scene
    params, arrays = speech_request(scene.facsimile_speech, scene, FIRST)
    known = LIVE.spoken
    if known is not None and "textgrid" not in params and known.heard.asked_by(params):
        params["textgrid"] = known.textgrid
    return speak(SESSION.queue, patience, params | {"apart": False}, arrays)


def show() -> None:
    """Show what the face does on the scene's frame."""
    # Here and not above: switching the add-on on must not wait for it.
    from .animation import frame_rate
    from .bake_options import BakeOptions
    from .baking import acting

    scene, spoken = bpy.context.scene, LIVE.spoken
    objects = [item for item in map(bpy.data.objects.get, LIVE.names) if item is not None]
    if spoken is None or not objects:
        return
    motion = spoken.motion
    at = round((scene.frame_current_final - FIRST) / frame_rate(scene.render) * motion.fps)
    at = min(max(at, 0), len(motion.weights) - 1)
    try:
        preview.show_motions(acting(motion.part(at, at + 1), objects, BakeOptions()).motions)
    except Refusal as refusal:
        give_up(refusal)


def give_up(refusal: Refusal | None) -> None:
    """Leave, and say why in the panel."""
    LIVE.stop()
    preview.leave()
    PERFORMING.end(refusal=refusal, by=SPEECH)
    redraw()
