"""Sound as a network hears it: logarithms of energies on the mel scale, every 10 ms."""

from functools import cache

import numpy as np

from backend.speech.sound import RATE

HOP, WINDOW, SIZE = 160, 400, 512
"""Samples from frame to frame, in a frame, and of its Fourier transform."""

BANDS, LOWEST, HIGHEST = 40, 60.0, 7600.0
"""Bands, and Hertz where they begin and end."""

FLOOR = 1e-7
"""Energy that is added: what is 70 decibels below the loudest sound is silent."""

USUAL = np.linspace(-1.9, -3.5, BANDS).astype(np.float32)
SHORTEST, LONGEST = 100, 500
"""Level from which a recording's own is learnt, and the frames over which it is, at the beginning and later."""


@cache
def _window() -> np.ndarray:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@cache
def mel_bands(warp: float = 1.0) -> np.ndarray:
    """(SIZE / 2 + 1, BANDS) float32: triangles of equal width in mel (O'Shaughnessy 1987). warp: a voice whose
    formants are higher by it."""
    lowest, highest = (1127 * np.log1p(hertz / 700) for hertz in (LOWEST, HIGHEST))
    edges = np.linspace(lowest, highest, BANDS + 2)
    edges = np.minimum(700 * np.expm1(edges / 1127) * warp, RATE / 2)
    hertz = np.fft.rfftfreq(SIZE, 1 / RATE)[:, None]
    rise = (hertz - edges[:-2]) / np.maximum(edges[1:-1] - edges[:-2], 1.0)
    fall = (edges[2:] - hertz) / np.maximum(edges[2:] - edges[1:-1], 1.0)
    bands = np.clip(np.minimum(rise, fall), 0, None)
    return (bands / np.maximum(bands.sum(0), 1e-3)).astype(np.float32)


def log_mel(frames: np.ndarray, warp: float = 1.0) -> np.ndarray:
    """(T, BANDS) float32 of frames (T, WINDOW) of samples in -1..1."""
    spectrum = np.fft.rfft(frames * _window(), SIZE, axis=-1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) / WINDOW
    return np.log(power @ mel_bands(warp) + np.float32(FLOOR)) * np.float32(0.25)


class Level:
    """The mean of what was heard so far, which is taken away: a microphone's colour and distance say nothing."""

    def __init__(self, start: np.ndarray | None = None) -> None:
        """start: (BANDS,) or (B, BANDS); the usual one where it is not known."""
        self.mean = USUAL if start is None else start.astype(np.float32)
        self.heard = 0

    def removed(self, bands: np.ndarray) -> np.ndarray:
        """(..., BANDS): the next frame without the level, which it becomes part of."""
        self.heard += 1
        self.mean = self.mean + (bands - self.mean) * np.float32(1 / min(self.heard + SHORTEST, LONGEST))
        return bands - self.mean
