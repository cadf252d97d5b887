"""What the network of speech tells apart, and how it is laid out; for training and for use."""

from dataclasses import asdict, dataclass

from backend.speech.phones import BREATH, SILENCE
from backend.speech.visemes import VISEME

LABELS = (SILENCE, *sorted(set(VISEME) - {SILENCE, BREATH}))
"""What a frame can be: silence, and ARPAbet's 39 phones."""

STRIDE = 2
"""Frames of a step: the network runs every 20 ms and answers for each 10 ms."""

SEEN = 4
"""Frames that a step sees at once: its own and as many before."""


@dataclass(frozen=True)
class PhoneConfig:
    """width: of what is passed on. dilations: steps between the three taps of each block. delay: frames by which the
    answer comes after the sound that it is for. phones: that can be told apart."""

    width: int = 256
    dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2, 4, 8)
    delay: int = 10
    phones: int = len(LABELS)


def describe(config: PhoneConfig) -> dict[str, str]:
    """What is written beside the weights."""
    fields = asdict(config) | {"dilations": " ".join(map(str, config.dilations))}
    return {name: str(value) for name, value in fields.items()}
