"""How a voice sounds over two seconds, in numbers: height and melody, loudness and its pace, colour."""

import numpy as np

from backend.speech.log_mel import BANDS, HOP, WINDOW, log_mel
from backend.speech.prosody import Prosody
from backend.speech.sound import RATE

FRAMES = 200
"""Of 10 ms, that are looked at together."""

BELOW = 30.0
"""Decibels under the loudest part of them that still count as voice."""

USUAL = -20.0
"""Decibels of full scale that the loudest parts are brought to."""

PACES = ((0.5, 2), (2, 4), (4, 7), (7, 12))
"""Hertz: how fast loudness goes up and down."""

COUNT = 63


def bands_at(samples: np.ndarray, first: int, frames: int, gain: float = 1.0) -> np.ndarray:
    """(frames, BANDS) of samples (N,) at RATE, times gain, from frame `first` on, in the middle of each HOP; silent
    beyond them."""
    before = WINDOW // 2 - HOP // 2
    start, stop = first * HOP - before, (first + frames - 1) * HOP - before + WINDOW
    inside = samples[max(start, 0) : max(stop, 0)]
    part = np.pad(inside, (max(-start, 0), stop - max(start, 0) - len(inside)))
    return log_mel(np.lib.stride_tricks.sliding_window_view(part * np.float32(gain), WINDOW)[::HOP])


def voice_features(bands: np.ndarray, level: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """(COUNT,) of bands (T, BANDS), level (T,) in decibels and pitch (T,) in Hertz, NaN where there is none."""
    loud = level > np.quantile(level, 0.98) - BELOW
    voiced = loud & np.isfinite(pitch)
    tones = 12 * np.log2(pitch[voiced] / 100) if voiced.sum() > 5 else np.zeros(6)
    quantiles = np.quantile(tones, [0.05, 0.25, 0.75, 0.95])
    melody = [np.median(tones), tones.std(), *quantiles, quantiles[3] - quantiles[0], np.abs(np.diff(tones)).mean()]
    heard = bands[loud]
    mean = heard.mean(0)
    colour = [*_grouped(mean - mean.mean(), 10), *_grouped((heard - heard.mean(1, keepdims=True)).std(0), 10)]
    energy = level[loud]
    loudness = [energy.std(), _change(energy).mean(), *(np.quantile(energy, [0.1, 0.5, 0.9]) - energy.max())]
    course = np.abs(np.fft.rfft(energy - energy.mean(), 512))
    hertz = np.fft.rfftfreq(512, HOP / RATE)
    whole = course[(hertz > 0.5) & (hertz < 20)].sum() + 1e-6
    pace = [course[(hertz > low) & (hertz < high)].sum() / whole for low, high in PACES]
    sung = (bands[voiced] if voiced.sum() > 5 else heard).mean(0)
    change, timbre = _grouped(_change(heard).mean(0), 5), _grouped(sung - sung.mean(), 20)
    return np.array([*melody, voiced.sum() / max(loud.sum(), 1), *colour, *loudness, *pace, *change, *timbre])


def features_of(samples: np.ndarray, voice: Prosody, first: int = 0) -> np.ndarray:
    """(COUNT,) of the FRAMES of a recording (N,) from `first` on, as if all recordings were as loud."""
    gain = 10 ** ((USUAL - float(np.quantile(voice.level, 0.98))) / 20)
    frames = min(FRAMES, len(voice.level) - first)
    part = slice(first, first + frames)
    return voice_features(bands_at(samples, first, frames, min(gain, 1e3)), voice.level[part], voice.pitch[part])


def _grouped(values: np.ndarray, groups: int) -> np.ndarray:
    """(BANDS,) as means of neighbours (groups,)."""
    return values.reshape(groups, BANDS // groups).mean(1)


def _change(values: np.ndarray) -> np.ndarray:
    """How much values (T, ...) change from frame to frame."""
    return np.abs(np.diff(values, axis=0)) if len(values) > 1 else np.zeros_like(values)
