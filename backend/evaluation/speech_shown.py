"""What a face shows of speech: contacts on the open head, and the baseline that knows no phones."""

from collections.abc import Sequence

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.evaluation.speech_clips import Clip
from backend.speech.articulate import JAW
from backend.speech.contact import SHUT, TOUCH, open_head_lips
from backend.speech.phones import Phone, Timing
from backend.speech.sound import RATE, Sound
from backend.speech.speak import Direction, speak
from backend.speech.tables import articulation, emotions

NEAR = 0.04
"""Seconds around a phone in which its contact counts."""


def contacts(weights: np.ndarray, phones: Sequence[Phone], fps: float) -> dict[str, tuple[int, int]]:
    """How many of the contacts of P B M, and of F V, are made on the open head, and how many there are."""
    lips = open_head_lips()
    result = {}
    for name, labels, gap, limit in (
        ("P B M", ("P", "B", "M"), lips.gaps(weights), SHUT),
        ("F V", ("F", "V"), lips.from_teeth(weights), TOUCH),
    ):
        made = [
            gap[max(0, int((one.start - NEAR) * fps)) : int((one.end + NEAR) * fps) + 2].min(initial=np.inf) <= limit
            for one in phones
            if one.label in labels
        ]
        result[name] = (sum(made), len(made))
    return result


def loudness_to_jaw(sound: Sound, fps: float) -> np.ndarray:
    """(T, 52): the baseline that opens the jaw with the loudness, and does nothing else."""
    from backend.speech.voice_activity import HOP, loudness

    level = loudness(sound.samples)
    share = np.clip((level - np.quantile(level, 0.1)) / max(np.ptp(np.quantile(level, [0.1, 0.98])), 1.0), 0, 1)
    times = np.arange(max(1, round(sound.duration * fps))) / fps
    weights = np.zeros((len(times), len(ARKIT_NAMES)))
    weights[:, JAW] = 0.5 * np.interp(times, np.arange(len(level)) * HOP / RATE, share)
    return weights


def performed(clip: Clip, timing: Timing, direction: Direction | None = None) -> np.ndarray:
    """(T, 52) the weights of a clip."""
    return speak(clip.sound, timing, articulation(), emotions(), direction).motion.weights.astype(np.float64)
