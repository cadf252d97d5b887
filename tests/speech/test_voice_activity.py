"""Where somebody may speak."""

import numpy as np

from backend.speech.sound import RATE
from backend.speech.timing import SOFT
from backend.speech.voice_activity import active


def test_noise_does_not_hide_soft_speech():
    random = np.random.default_rng(0)
    times = np.arange(3 * RATE) / RATE
    swell = np.where(times < 1, 0.0, np.where(times < 2, 0.3, 0.06))
    sound = (swell * np.sin(2 * np.pi * 150 * times) + random.normal(0, 0.02, len(times))).astype(np.float32)
    strict, soft = active(sound), active(sound, SOFT)
    assert strict[120:180].all() and not strict[220:280].any()
    assert soft[120:280].all() and not soft[:80].any()


def test_silence_is_silent_and_short_noises_are_no_speech():
    sound = np.zeros(RATE, np.float32)
    assert not active(sound).any()
    sound[8000:8400] = 0.5
    assert not active(sound).any()
