"""What a voice said, and when: a clip for training."""

from dataclasses import dataclass

import numpy as np

from backend.speech.phones import Phone


@dataclass(frozen=True)
class Spoken:
    """samples: (N,) float32 in -1..1 at RATE. phones: ARPAbet, in order, over the whole clip. voice: who speaks."""

    samples: np.ndarray
    phones: tuple[Phone, ...]
    voice: str
