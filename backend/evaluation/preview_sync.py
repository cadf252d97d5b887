"""How far picture and sound of a preview lie apart, measured on the film that was written."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from scipy.signal import correlate, correlation_lags

from backend.channels import ARKIT_NAMES
from backend.evaluation.speech_clips import Clip
from backend.performance import Performance
from backend.speech.contact import open_head_lips
from backend.speech.life import Strengths
from backend.speech.preview import write_preview
from backend.speech.sound import RATE
from backend.speech.speak import Direction, speak
from backend.speech.tables import articulation, emotions
from backend.speech.timing import time_speech

FARTHEST, FINENESS = 0.15, 0.001
"""Seconds of offset that are looked for, and in what steps."""

WIDE, MIXED = 100, 4
"""Pixels across of the pictures that are compared, and how many ways in which they change tell of the mouth."""


@dataclass(frozen=True)
class Sync:
    """Seconds by which the film's picture, and its sound, come later than the performance and the recording. likeness:
    correlation of what the picture says of the opening between the lips with the performance's at that offset."""

    picture: float
    sound: float
    likeness: float

    @property
    def apart(self) -> float:
        """Seconds by which the picture comes later than the sound."""
        return self.picture - self.sound


def preview_sync(clip: Clip) -> Sync:
    """Of the preview of a recording."""
    timing = time_speech(clip.sound, clip.text, clip.language)
    direction = Direction(strengths=Strengths(0.0, 0.0, 0.0, 0.0))
    motion = speak(clip.sound, timing, articulation(), emotions(), direction).motion
    return film_sync(motion, clip.sound.samples)


def film_sync(motion: Performance, samples: np.ndarray) -> Sync:
    """Of a preview of a performance whose head is still, with samples (N,) at RATE."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "preview.mp4"
        write_preview(path, motion, samples)
        times, changes = changes_in_picture(path)
        heard = sound_of(path)
    gaps = open_head_lips().gaps(motion.named(ARKIT_NAMES).weights)
    shifts = np.arange(-FARTHEST, FARTHEST + FINENESS / 2, FINENESS)
    known = np.arange(len(gaps)) / motion.fps
    alike = [likeness(changes, np.interp(times - shift, known, gaps)) for shift in shifts]
    best = int(np.argmax(alike))
    count = min(len(heard), len(samples))
    found = correlate(heard[:count], samples[:count])
    lag = correlation_lags(count, count)[int(found.argmax())]
    return Sync(float(shifts[best]), float(lag) / RATE, alike[best])


def likeness(changes: np.ndarray, curve: np.ndarray) -> float:
    """The correlation of a curve (T,) with the mixture of changes (T, C), of mean 0, that is most like it."""
    wanted = curve - curve.mean()
    fit = changes @ np.linalg.lstsq(changes, wanted, rcond=None)[0]
    return float(fit @ wanted / max(np.linalg.norm(fit) * np.linalg.norm(wanted), 1e-12))


def changes_in_picture(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(T,) seconds of a film's pictures, and (T, MIXED) what changes most in them (principal components)."""
    times, pictures = [], []
    with av.open(str(path)) as film:
        for frame in film.decode(film.streams.video[0]):
            grey = frame.to_ndarray(format="gray")
            small = cv2.resize(grey, (WIDE, WIDE * len(grey) // grey.shape[1]), interpolation=cv2.INTER_AREA)
            times.append(float(frame.time or 0.0))
            pictures.append(small.astype(np.float32).ravel())
    rows = np.array(pictures) - np.mean(pictures, axis=0)
    return np.array(times), np.linalg.eigh(rows @ rows.T)[1][:, -MIXED:]


def sound_of(path: Path) -> np.ndarray:
    """(N,) a film's sound at RATE, silence before it begins included."""
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
    with av.open(str(path)) as film:
        stream = film.streams.audio[0]
        begins, blocks = None, []
        for frame in film.decode(stream):
            begins = float(frame.time or 0.0) if begins is None else begins
            blocks += [one.to_ndarray()[0] for one in resampler.resample(frame)]
        blocks += [one.to_ndarray()[0] for one in resampler.resample(None)]
    whole, early = np.concatenate(blocks), round((begins or 0.0) * RATE)
    return np.concatenate([np.zeros(early, np.float32), whole]) if early >= 0 else whole[-early:]
