"""How something is said: loudness, pitch, and effort, over time."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from backend.speech.sound import RATE
from backend.speech.voice_activity import HOP, active, loudness

WINDOW, LOWEST, HIGHEST = 640, 60.0, 420.0
"""Samples of a window for the pitch, and Hertz between which it lies."""

VOICED = 0.45
"""Autocorrelation, of its largest value, from which on a window has a pitch."""

BLOCK = 4096
"""Windows that are looked at at once."""

EFFORT = 0.25
"""By how much a standard deviation of the loudness of speech changes the opening of the mouth."""


@dataclass(frozen=True)
class Prosody:
    """Every 10 ms. level: (T,) decibels. pitch: (T,) Hertz, NaN where there is none. heard: (T,) whether somebody may
    speak. effort: (T,) about 1, more where it is louder than usual in this recording."""

    level: np.ndarray
    pitch: np.ndarray
    heard: np.ndarray
    effort: np.ndarray

    @property
    def rate(self) -> float:
        """Values per second."""
        return RATE / HOP


def prosody(samples: np.ndarray) -> Prosody:
    """Of samples (N,) at RATE."""
    level, heard = loudness(samples), active(samples)
    spoken = level[heard]
    if len(spoken) > 10:
        loud = spoken[spoken > np.quantile(spoken, 0.3)]
        middle, spread = float(loud.mean()), max(float(loud.std()), 3.0)
        effort = np.clip(1 + EFFORT * (gaussian_filter1d(level, 6) - middle) / spread, 0.45, 1.5)
    else:
        effort = np.ones(len(level))
    return Prosody(level, _pitch(samples, heard), heard, effort)


def _pitch(samples: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """By the autocorrelation of each window over that of the window's shape (Boersma 1993)."""
    result = np.full(len(heard), np.nan)
    size = 2 * WINDOW
    taper = np.hanning(WINDOW)
    own = np.fft.irfft(np.abs(np.fft.rfft(taper, size)) ** 2)[:WINDOW]
    near, far = int(RATE / HIGHEST), min(int(RATE / LOWEST), WINDOW - 1)
    places = np.flatnonzero(heard)
    for start in range(0, len(places), BLOCK):
        chosen = places[start : start + BLOCK]
        at = chosen[:, None] * HOP + np.arange(WINDOW) - WINDOW // 2
        inside = (at >= 0) & (at < len(samples))
        windows = np.where(inside, samples[np.clip(at, 0, len(samples) - 1)], 0.0).astype(np.float64)
        windows = (windows - windows.mean(1, keepdims=True)) * taper
        power = np.abs(np.fft.rfft(windows, size, axis=1)) ** 2
        alike = np.fft.irfft(power, axis=1)[:, :WINDOW]
        alike = alike / np.maximum(alike[:, :1], 1e-12) / np.maximum(own / own[0], 1e-3)
        lags = alike[:, near:far].argmax(1) + near
        best = alike[np.arange(len(chosen)), lags]
        result[chosen] = np.where(best > VOICED, RATE / lags, np.nan)
    smooth = median_filter(np.nan_to_num(result), 5)
    return np.where(np.isnan(result) | (smooth <= 0), np.nan, smooth)
