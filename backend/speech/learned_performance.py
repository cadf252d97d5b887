"""A mouth that a network moved, with what it lacks: contacts where phones are known, blinks, glances, brows, head."""

import numpy as np

from backend.channels import ARKIT_NAMES, convert_weights
from backend.fitting.basis import NAMES, eye_turns
from backend.performance import Performance, performance
from backend.speech.articulate import articulate
from backend.speech.contact import enforce
from backend.speech.life import Strengths, living
from backend.speech.phones import Phone, Timing, covering
from backend.speech.prosody import prosody
from backend.speech.sound import RATE, Sound
from backend.speech.tables import articulation
from backend.speech.voice_activity import HOP, active, stretches

SPOKEN = "AH"
"""Stands for whatever is said where only silence is known."""


def act_out(
    weights: np.ndarray,
    fps: float,
    sound: Sound,
    timing: Timing | None,
    strengths: Strengths,
    seed: int,
    source: str,
) -> Performance:
    """The performance of weights (T, 52) of ARKIT_NAMES. timing: where phones are known, lips and teeth meet as they
    do in speak; None leaves the mouth as it is. The same input gives the same output."""
    voice = prosody(sound.samples)
    known = timing or pauses(sound)
    mouth = articulate(known, voice, articulation(), fps)
    count = len(weights)
    still, lips, teeth = (_of_length(one, count) for one in (mouth.still, mouth.lips, mouth.teeth))
    life = living(known, voice, still, fps, strengths, seed)
    together = np.clip(weights + life.weights, 0, 1)
    if timing is not None:
        together = np.clip(enforce(together, lips, teeth), 0, 1)
    together = together.astype(np.float32)
    own = convert_weights(together, ARKIT_NAMES, NAMES)
    gaze = np.tensordot(own, eye_turns(NAMES), 1).reshape(count, 4)
    head = np.concatenate([life.head, np.zeros((count, 3))], axis=1).astype(np.float32)
    return performance(ARKIT_NAMES, together, fps, head, gaze, source=source)


def pauses(sound: Sound) -> Timing:
    """Where somebody speaks, without what is said."""
    starts, ends = stretches(active(sound.samples))
    spoken = [Phone(SPOKEN, a * HOP / RATE, b * HOP / RATE) for a, b in zip(starts, ends, strict=True)]
    return Timing(covering(spoken, sound.duration), (), "network", "", sound.duration, 1.0)


def _of_length(curve: np.ndarray, count: int) -> np.ndarray:
    """(count,) of a curve (T,) that may be a frame shorter or longer; its last value goes on."""
    return curve[np.minimum(np.arange(count), len(curve) - 1)]
