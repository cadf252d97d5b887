"""What a recording says and when, by the best way that there is: a text, words that are heard, or phones alone."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from backend.errors import Progress, Refusal, silent
from backend.speech.align import Heard, align, known, phone_loop, recognise
from backend.speech.match_words import match_words
from backend.speech.phones import SILENCE, Phone, Timing, Word, covering
from backend.speech.pronounce import known_language, sounds_of, words_of
from backend.speech.sound import RATE, Sound
from backend.speech.voice_activity import HOP, active, pieces

SPOKEN, STRANGE, STRANGE_FOREIGN = -12.0, -34.0, -46.0
"""Scores of an alignment that is sure, and below which the text is not what is said, in English and in other
languages, whose sounds the models have not heard."""

SURE_LOOP = 0.4
"""Confidence of phones that were heard without words: two of three frames look right (measured on read English)."""

UNHEARD = 0.5
"""Confidence of a silence that is not quiet."""

WHOLE, PIECE = 120.0, 30.0
"""Seconds up to which a text is aligned in one go, and of pieces in which words are looked for."""

FOREIGN = 0.85
"""What a confidence is multiplied with where the sounds of another language stand in for English ones."""


def time_speech(sound: Sound, text: str | None = None, language: str = "en", progress: Progress = silent) -> Timing:
    """The phones and words of a recording. text: what is said in it, if that is known. language: such as "en", "de" or
    "pt-br". Raises Refusal for a language that is not known."""
    if not known_language(language):
        raise Refusal("no-language", f"The language {language} is not known.", "Write it like en, de or fr.")
    heard = active(sound.samples)
    notes: list[str] = []
    if not heard.any():
        quiet = (Phone(SILENCE, 0.0, sound.duration),)
        return Timing(quiet, (), "silence", language, sound.duration, 1.0, ("Nobody speaks in the recording.",))
    if sound.clipped > 0.002:
        notes.append("The recording is clipped: its loudest parts are cut off.")
    words = words_of(text, language) if text is not None else []
    sounds = {word: found[0] for word in dict.fromkeys(words) if (found := _sounds(word, language))}
    words = [word for word in words if word in sounds or _in_dictionary(word, language)]
    if text is not None and not words:
        notes.append("The text has no words; they are looked for in the sound.")
    if words:
        found = _aligned(sound.samples, words, sounds, progress)
        limit = STRANGE if language.startswith("en") else STRANGE_FOREIGN
        if found is not None and found.score >= limit:
            return _timing(sound, heard, found, "aligned", language, notes)
        notes.append("The text is not what is said: the sound alone counts.")
    if language.startswith("en"):
        found = _recognised(sound.samples, progress)
        if found is not None and found.score >= STRANGE:
            return _timing(sound, heard, found, "recognised", language, notes)
        notes.append("No words could be made out; sounds are matched without them.")
    else:
        notes.append(f"Without a text, sounds of the language {language} are matched to English ones.")
    found = _timing(sound, heard, _looped(sound.samples, progress), "phones", language, notes)
    if all(phone.label == SILENCE for phone in found.phones):
        return replace(found, route="silence", confidence=UNHEARD, notes=(*notes, "Nothing in it sounds like speech."))
    return found


def _timing(sound: Sound, heard: np.ndarray, found: Heard, route: str, language: str, notes: Sequence[str]) -> Timing:
    """Phones where nobody speaks are silence."""
    spoken = [one for one in found.phones if one.label != SILENCE and _share(heard, one) > 0.2]
    if route == "phones":
        sure = SURE_LOOP
    else:
        sure = float(np.clip(1 - 0.7 * (SPOKEN - found.score) / (SPOKEN - STRANGE), 0.3, 1.0))
        sure *= 1.0 if language.startswith("en") else FOREIGN
    phones = covering(spoken, sound.duration)
    return Timing(phones, found.words, route, language, sound.duration, sure, tuple(notes))


def _share(heard: np.ndarray, phone: Phone) -> float:
    """How much of a phone lies where somebody speaks."""
    part = heard[int(phone.start * RATE / HOP) : max(int(phone.start * RATE / HOP) + 1, int(phone.end * RATE / HOP))]
    return float(part.mean()) if len(part) else 0.0


def _in_dictionary(word: str, language: str) -> bool:
    return language.startswith("en") and known(word)


def _sounds(word: str, language: str) -> list[tuple[str, ...]]:
    """Where the dictionary does not have a word."""
    return [] if _in_dictionary(word, language) else sounds_of(word, language)


def _aligned(
    samples: np.ndarray, words: list[str], sounds: dict[str, tuple[str, ...]], progress: Progress
) -> Heard | None:
    """In one go, or in pieces that words which are heard as well say where to cut the text."""
    if len(samples) <= WHOLE * RATE:
        progress(0.3, "Aligning the text")
        return align(samples, words, sounds)
    cuts = pieces(samples, PIECE)
    parts = _texts_of_pieces(samples, cuts, words, lambda part, text: progress(0.1 + 0.6 * part, text))
    done: list[tuple[float, Heard]] = []
    for number, ((start, end), part) in enumerate(zip(cuts, parts, strict=True)):
        progress(0.7 + 0.25 * number / len(cuts), "Aligning the text")
        found = align(samples[start:end], part, sounds) if part else None
        if part and found is None:
            found = phone_loop(samples[start:end])
        if found is not None:
            done.append((start / RATE, found))
    return _joined(done)


def _texts_of_pieces(
    samples: np.ndarray, cuts: list[tuple[int, int]], words: list[str], progress: Progress
) -> list[list[str]]:
    """The words of a text for each piece, by the words that are heard in the pieces."""
    heard: list[str] = []
    ends = []
    for number, (start, end) in enumerate(cuts):
        progress(number / len(cuts), "Listening")
        heard += [word.text for word in recognise(samples[start:end], roughly=True)]
        ends.append(len(heard))
    known_at = np.array([[0, 0], *match_words(heard, words), [len(heard), len(words)]])
    borders = [0, *np.round(np.interp(ends, known_at[:, 0], known_at[:, 1])).astype(int).tolist()]
    borders[-1] = len(words)
    return [words[first:last] for first, last in pairwise(borders)]


def _recognised(samples: np.ndarray, progress: Progress) -> Heard | None:
    """Words that are heard in pieces, aligned once more for their phones."""
    done = []
    cuts = pieces(samples, PIECE)
    for number, (start, end) in enumerate(cuts):
        progress(0.1 + 0.85 * number / len(cuts), "Listening")
        part = samples[start:end]
        words = [word.text for word in recognise(part)]
        found = (
            align(part, words, {word: sounds_of(word)[0] for word in set(words) if not known(word)}) if words else None
        )
        if found is not None:
            done.append((start / RATE, found))
    return _joined(done)


def _looped(samples: np.ndarray, progress: Progress) -> Heard:
    done = []
    cuts = pieces(samples, PIECE)
    for number, (start, end) in enumerate(cuts):
        progress(0.1 + 0.85 * number / len(cuts), "Listening for sounds")
        done.append((start / RATE, phone_loop(samples[start:end])))
    joined = _joined(done)
    assert joined is not None
    return joined


def _joined(parts: Sequence[tuple[float, Heard]]) -> Heard | None:
    """Pieces that begin at seconds as one; its score is the mean over speech."""
    phones: list[Phone] = []
    words: list[Word] = []
    score = spoken = 0.0
    for begin, heard in parts:
        phones += [
            Phone(one.label, one.start + begin, one.end + begin, one.stress, one.confidence) for one in heard.phones
        ]
        words += [Word(one.text, one.start + begin, one.end + begin, one.confidence) for one in heard.words]
        length = sum(one.end - one.start for one in heard.phones if one.label != SILENCE)
        score, spoken = score + heard.score * length, spoken + length
    return Heard(tuple(phones), tuple(words), score / spoken if spoken else 0.0) if parts else None
