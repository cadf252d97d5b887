"""Phones that are heard without a text, in any language, as the sound comes in."""

from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

from backend.errors import Progress, silent
from backend.networks.phone_layout import LABELS
from backend.speech.decode import Decoder
from backend.speech.listener import WEIGHTS, listener, transitions
from backend.speech.log_mel import HOP
from backend.speech.phones import SILENCE, Phone, covering
from backend.speech.sound import RATE

LIVE, PATIENT = 2, 30
"""Frames of 10 ms for which a label waits for what follows: of sound that comes in, and of a file."""

LATE = 0.006
"""Seconds by which the network's borders come before the aligner's, measured on prompts that a woman recorded for
telephones (two and a half minutes, their words recognised), as the numbers of the search for phones were."""

CLICK = 0.1
"""Seconds that speech between two silences lasts at least."""

PIECE = 10 * RATE
"""Samples of a file that are heard between two reports of progress."""


class Hearing:
    """Hears one recording, from its beginning. The same sound gives the same labels, however it is cut."""

    def __init__(self, lag: int = LIVE, path: Path = WEIGHTS) -> None:
        """Raises Refusal where the weights are damaged."""
        self._listener = listener(path)
        self._decoder = Decoder(transitions(path), lag)
        self._lag = lag

    def hear(self, samples: np.ndarray) -> np.ndarray:
        """The next samples (N,) float32 at RATE; labels (n,) into LABELS that are settled, one for each 10 ms."""
        return self._decoder.take(self._listener.hear(samples))

    def end(self) -> np.ndarray:
        """The labels that are left."""
        return np.concatenate([self._decoder.take(self._listener.end()), self._decoder.end()])

    @property
    def latency(self) -> float:
        """Seconds after a moment when its label is settled, at most."""
        return self._listener.latency + self._lag * HOP / RATE


def hear(samples: np.ndarray, progress: Progress = silent, path: Path = WEIGHTS) -> tuple[Phone, ...]:
    """The phones of a recording (N,) at RATE, from its beginning to its end. Raises Refusal where the weights are
    damaged."""
    hearing = Hearing(PATIENT, path)
    labels = []
    for start in range(0, len(samples), PIECE):
        progress(start / len(samples), "Listening for sounds")
        labels.append(hearing.hear(samples[start : start + PIECE]))
    return phones_of(np.concatenate([*labels, hearing.end()]), len(samples) / RATE)


def phones_of(labels: np.ndarray, duration: float) -> tuple[Phone, ...]:
    """Labels (T,) of frames as phones from 0 to duration seconds. A click among silence is no phone."""
    borders = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    times = [0.0, *(at * HOP / RATE + LATE for at in borders[1:])]
    runs = zip(borders[:-1], pairwise(times), strict=True)
    found = [Phone(LABELS[labels[at]], start, end) for at, (start, end) in runs]
    groups = (list(group) for _, group in groupby(found, lambda phone: phone.label == SILENCE))
    spoken = [phone for group in groups if group[-1].end - group[0].start > CLICK for phone in group]
    return covering(spoken, duration)
