"""Words to a recording: forced alignment and recognition, by PocketSphinx and the models it carries."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pocketsphinx

from backend.speech.phones import Phone, Word, covering
from backend.speech.sound import RATE

FRAME = 0.01
"""Seconds of the aligner's frames."""

LATE = 0.012
"""Seconds by which the aligner's borders come too early (measured on espeak-ng's own times)."""

MODEL = Path(pocketsphinx.get_model_path()) / "en-us"
WORDS, ACOUSTIC = MODEL / "en-us.lm.bin", MODEL / "en-us"
DICTIONARY = MODEL / "cmudict-en-us.dict"

ACTIVE = {"maxhmmpf": 3000, "maxwpf": 10}
"""Models and words that the recogniser follows in a frame."""

QUIET = frozenset(("SIL", "+NSN+", "+SPN+", "+BRH+", "+SMK+", "+COUGH+", "+NOISE+"))
"""Names that stand for no speech."""

FILLERS = frozenset(("<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]", "[COUGH]", "++NOISE++"))


@dataclass(frozen=True)
class Heard:
    """Phones that cover a piece of a recording, and words; times in seconds from its beginning. score: mean over the
    frames of speech of how much less likely the phone is than the likeliest, as the aligner counts; a text that is
    spoken gets -9 to -18, another one -41 to -66 (14 clips)."""

    phones: tuple[Phone, ...]
    words: tuple[Word, ...]
    score: float = 0.0


def pcm(samples: np.ndarray) -> bytes:
    """(N,) float32 as 16-bit numbers, as loud as they can be: the models were made from recordings of usual level."""
    peak = max(float(np.abs(samples).max(initial=0.0)), 1e-4)
    return (samples * (0.7 / peak) * 32767).astype("<i2").tobytes()


def align(samples: np.ndarray, words: Sequence[str], sounds: Mapping[str, tuple[str, ...]]) -> Heard | None:
    """Where words, in lower case, lie in samples (N,) at RATE; None where the search finds no way through. sounds:
    phones of the words that are not to be looked up in the dictionary.

    Two passes, words and then phones. The search for a better path through the word lattice stays off: it loses clips
    that are aligned without it.
    """
    decoder, names = _decoder(), []
    for word in words:
        name = f"~{'_'.join(sounds[word])}" if word in sounds else word
        if decoder.lookup_word(name) is None:
            decoder.add_word(name, " ".join(sounds[word]), True)
        names.append(name)
    data = pcm(samples)
    try:
        decoder.set_align_text(" ".join(names))
        run_decoder(decoder, data)
        if decoder.hyp() is None:
            return None
        decoder.set_alignment()
        run_decoder(decoder, data)
        found = decoder.get_alignment()
    except RuntimeError:
        return None
    if found is None:
        return None
    phones: list[Phone] = []
    spoken: list[tuple[float, float]] = []
    score = frames = 0
    for entry in found:
        if entry.name not in FILLERS and not entry.name.startswith(("<", "[", "+")):
            spoken.append((entry.start * FRAME + LATE, (entry.start + entry.duration) * FRAME + LATE))
        for part in entry:
            if part.name not in QUIET:
                start, end = part.start * FRAME + LATE, (part.start + part.duration) * FRAME + LATE
                phones.append(Phone(part.name, start, end))
                score, frames = score + part.score, frames + part.duration
    if len(spoken) != len(words) or not frames:
        return None
    placed = tuple(Word(text, *span) for text, span in zip(words, spoken, strict=True))
    return Heard(covering(phones, len(samples) / RATE), placed, score / frames)


def recognise(samples: np.ndarray, roughly: bool = False) -> list[Word]:
    """English words that are heard in samples (N,) at RATE. roughly: in a third of the time, with 79 of 100 words right
    instead of 85, which is enough to know where in a text one is."""
    decoder = _recogniser(roughly)
    run_decoder(decoder, pcm(samples))
    words = []
    for part in decoder.seg() or ():
        name = re.sub(r"\(\d+\)$", "", part.word)
        if name not in FILLERS and not name.startswith(("<", "[", "+")):
            words.append(Word(name, part.start_frame * FRAME, (part.end_frame + 1) * FRAME))
    return words


def known(word: str) -> bool:
    """Whether the dictionary has a word."""
    return _decoder().lookup_word(word) is not None


def run_decoder(decoder: pocketsphinx.Decoder, data: bytes) -> None:
    """Over a whole recording, as pcm() gives it."""
    decoder.start_utt()
    decoder.process_raw(data, full_utt=True)
    decoder.end_utt()


# The mean of each utterance is its own (cmn="batch"): what was heard before must not change what is heard now.


@cache
def _decoder() -> pocketsphinx.Decoder:
    return pocketsphinx.Decoder(
        hmm=str(ACOUSTIC), dict=str(DICTIONARY), lm=None, bestpath=False, cmn="batch", loglevel="FATAL"
    )


@cache
def _recogniser(roughly: bool) -> pocketsphinx.Decoder:
    models = {"hmm": str(ACOUSTIC), "dict": str(DICTIONARY), "lm": str(WORDS)}
    # Fewer active models than is usual, with the same words in the end: measured on twelve clips.
    effort = {"maxhmmpf": 1500, "maxwpf": 5, "fwdflat": False, "bestpath": False} if roughly else ACTIVE
    return pocketsphinx.Decoder(**models, **effort, cmn="batch", loglevel="FATAL")
