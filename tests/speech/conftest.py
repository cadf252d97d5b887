"""A clip of read English, and sounds that are made."""

from pathlib import Path

import numpy as np
import pytest

from backend.speech.sound import RATE, Sound, read_sound

SAID = "in being comparatively modern"


@pytest.fixture(scope="session")
def voice(corpus: Path) -> Sound:
    """1.9 seconds of a woman who reads SAID."""
    return read_sound(corpus / "dev" / "speech" / "LJ001-0002.wav")


@pytest.fixture
def made():
    """A Sound of samples."""

    def make(samples: np.ndarray, clipped: float = 0.0) -> Sound:
        return Sound(np.asarray(samples, np.float32), RATE, 1, clipped)

    return make
