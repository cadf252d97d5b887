"""A timing of given phones, and a sound that buzzes where they are spoken."""

import wave
from pathlib import Path

import numpy as np

from backend.speech.phones import BREATH, SILENCE, Phone, Timing
from backend.speech.sound import RATE, Sound

PHRASE = "SIL P AA M IY B SIL F AY V UW SIL"


def said(labels: str = PHRASE, each: float = 0.09, silence: float = 0.6) -> Timing:
    """Phones of equal length in seconds, with silences of their own."""
    phones, place = [], 0.0
    for label in labels.split():
        end = place + (silence if label in (SILENCE, BREATH) else each)
        phones.append(Phone(label, place, end))
        place = end
    return Timing(tuple(phones), (), "given", "en", place, 1.0)


def voice(timing: Timing, loudness: float = 0.3) -> Sound:
    """A pulse of 120 to 160 Hz wherever there is a phone, and next to nothing elsewhere."""
    count = round(timing.duration * RATE)
    times = np.arange(count) / RATE
    phase = 2 * np.pi * np.cumsum(140 + 20 * np.sin(2 * np.pi * times)) / RATE
    buzz = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 12))
    spoken = np.zeros(count)
    for one in timing.phones:
        spoken[round(one.start * RATE) : round(one.end * RATE)] = one.label not in (SILENCE, BREATH)
    noise = 1e-4 * np.random.default_rng(0).standard_normal(count)
    return Sound((loudness * spoken * buzz / 2 + noise).astype(np.float32), RATE, 1, 0.0)


def write_wav(path: Path, samples: np.ndarray) -> None:
    """Samples (N,) in -1..1 at RATE, as 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())
