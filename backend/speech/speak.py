"""A recording's timing to a performance: mouth, emotion and life, with contacts enforced after everything."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from backend.channels import ARKIT_NAMES, convert_weights
from backend.errors import Progress, silent
from backend.fitting.basis import NAMES, eye_turns
from backend.performance import Performance, performance
from backend.speech.articulate import Mouth, Style, articulate
from backend.speech.contact import enforce
from backend.speech.emotion import EMOTIONS, Keys, emotional, suggested
from backend.speech.felt import felt
from backend.speech.life import Strengths, living
from backend.speech.phones import Timing
from backend.speech.prosody import prosody
from backend.speech.sound import Sound
from backend.speech.tables import Shape

ROUNDING = [ARKIT_NAMES.index(name) for name in ("mouthFunnel", "mouthPucker")]
"""Rounded lips give way to no smile."""

MOUTH = "mouth"
"""The layer that is always there."""

FPS = 60.0
"""Frames per second of what is made, as face capture has them."""


@dataclass(frozen=True)
class Direction:
    """What the animator asks for. emotion: keys, "auto" as the voice suggests by rules, "learned" as a trained model
    hears it, or "off". seed: of what is random."""

    style: Style = field(default_factory=Style)
    emotion: Keys | str = "off"
    strengths: Strengths = field(default_factory=Strengths)
    seed: int = 0


@dataclass(frozen=True)
class Acted:
    """motion: T frames of ARKit's channels. felt: (T, 7) the intensities of EMOTIONS in it. layers: where they were
    asked for, (T, 52) what each adds to those before it, so that they add up to the motion, and that the lips close
    whichever of the later ones are left out."""

    motion: Performance
    felt: np.ndarray
    layers: dict[str, np.ndarray]


def speak(
    sound: Sound,
    timing: Timing,
    shapes: Mapping[str, Shape],
    emotions: Mapping[str, np.ndarray],
    direction: Direction | None = None,
    fps: float = FPS,
    source: str = "",
    progress: Progress = silent,
    apart: bool = False,
) -> Acted:
    """The performance of a recording. apart: whether its layers are wanted, too. Same input, same output."""
    direction = direction or Direction()
    progress(0.0, "Listening to how it is said")
    voice = prosody(sound.samples)
    progress(0.3, "Moving the mouth")
    mouth = articulate(timing, voice, shapes, fps, direction.style)
    times = np.arange(len(mouth.weights)) / fps
    if isinstance(direction.emotion, Keys):
        intensities = direction.emotion.at(times)
    elif direction.emotion == "auto":
        intensities = suggested(voice, times)
    elif direction.emotion == "learned":
        intensities = felt(sound.samples, voice, times)
    else:
        intensities = np.zeros((len(times), len(EMOTIONS)))
    rounded = mouth.weights[:, ROUNDING].sum(1)
    contact = np.maximum(np.maximum(mouth.lips, mouth.teeth), np.clip(1.5 * rounded, 0, 0.9))
    shown = emotional(intensities, emotions, contact, mouth.still, fps)
    life = living(timing, voice, mouth.still, fps, direction.strengths, direction.seed)
    progress(0.6, "Closing lips")
    layers = {"emotion": shown, "blinks": life.blinks, "glances": life.glances, "brows": life.brows}
    weights = closed(mouth, mouth.weights + shown + life.weights)
    head = np.concatenate([life.head, np.zeros((len(times), 3))], axis=1)
    own = convert_weights(weights, ARKIT_NAMES, NAMES)
    gaze = np.tensordot(own, eye_turns(NAMES), 1).reshape(len(times), 4)
    sure = np.full(len(times), timing.confidence, np.float32)
    motion = performance(ARKIT_NAMES, weights, fps, head.astype(np.float32), gaze, confidence=sure, source=source)
    return Acted(motion, intensities, added(mouth, layers) if apart else {})


def closed(mouth: Mouth, together: np.ndarray) -> np.ndarray:
    """(T, 52) float32 in 0..1, with the contacts of the mouth made. together: (T, 52) all that is to be seen."""
    return np.clip(enforce(np.clip(together, 0, 1), mouth.lips, mouth.teeth), 0, 1).astype(np.float32)


def added(mouth: Mouth, layers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the mouth and each layer (T, 52), of those that do something, add to those before."""
    together, before = mouth.weights, closed(mouth, mouth.weights)
    result = {MOUTH: before}
    for name, one in layers.items():
        if one.any():
            together = together + one
            now = closed(mouth, together)
            result[name], before = now - before, now
    return result
