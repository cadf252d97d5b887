"""The baseline of phones without words: PocketSphinx's loop over English phones with the bigrams it comes with."""

from functools import cache

import numpy as np
import pocketsphinx

from backend.speech.align import ACOUSTIC, FILLERS, FRAME, LATE, MODEL, QUIET, Heard, pcm, run_decoder
from backend.speech.phones import SILENCE, Phone, Timing, covering
from backend.speech.sound import RATE, Sound
from backend.speech.timing import joined, where_spoken
from backend.speech.voice_activity import pieces

PIECE = 30.0
"""Seconds that are heard at once, at most."""


def by_phone_loop(sound: Sound, language: str) -> Timing:
    """The phones of a recording, in any language, as English ones."""
    done = [(start / RATE, phone_loop(sound.samples[start:end])) for start, end in pieces(sound.samples, PIECE)]
    found = joined(done)
    assert found is not None
    return Timing(where_spoken(sound, found.phones), (), "phones", language, sound.duration, 0.4)


def phone_loop(samples: np.ndarray) -> Heard:
    """Phones that are heard in samples (N,) at RATE."""
    decoder = _looper()
    run_decoder(decoder, pcm(samples))
    phones = [
        Phone(part.word, part.start_frame * FRAME + LATE, (part.end_frame + 1) * FRAME + LATE)
        for part in decoder.seg() or ()
        if part.word not in QUIET and part.word not in FILLERS and part.word != SILENCE
    ]
    return Heard(covering(phones, len(samples) / RATE), ())


@cache
def _looper() -> pocketsphinx.Decoder:
    return pocketsphinx.Decoder(
        hmm=str(ACOUSTIC),
        allphone=str(MODEL / "en-us-phone.lm.bin"),
        lm=None,
        dict=None,
        lw=2.0,
        beam=1e-20,
        pbeam=1e-20,
        cmn="batch",
        loglevel="FATAL",
    )
