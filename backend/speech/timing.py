"""What a recording says and when, by the best way that there is: a text, words that are heard, or phones alone."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from backend.errors import Progress, Refusal, silent
from backend.speech.align import Heard, align, known, recognise
from backend.speech.hear import hear
from backend.speech.match_words import match_words
from backend.speech.phones import SILENCE, Phone, Timing, Word, covering
from backend.speech.pronounce import known_language, sounds_of, words_of
from backend.speech.sound import RATE, Sound
from backend.speech.voice_activity import HOP, active, pieces

SPOKEN, STRANGE, STRANGE_FOREIGN = -12.0, -34.0, -46.0
"""Scores of an alignment that is sure, and below which the text is not what is said, in English and in other
languages, whose sounds the models have not heard."""

SURE_HEARD = 0.45
"""Confidence of phones that were heard without words: at seven of ten moments of read English they look right."""

UNHEARD = 0.5
"""Confidence of a silence that is not quiet."""

SOFT = 0.1
"""Where soft speech begins, from the quietest to the loudest: a phone that was found is left out below it alone."""

WHOLE, PIECE = 120.0, 30.0
"""Seconds up to which a text is aligned in one go, and of pieces in which words are looked for."""

FOREIGN = 0.85
"""What a confidence is multiplied with where the sounds of another language stand in for English ones."""


def time_speech(sound: Sound, text: str | None = None, language: str = "en", progress: Progress = silent) -> Timing:
    """The phones and words of a recording. text: what is said in it, if that is known. language: such as "en", "de" or
    "pt-br". Raises Refusal for a language that is not known."""
    if not known_language(language):
        raise Refusal("no-language", f"The language {language} is not known.", "Write it like en, de or fr.")
    notes: list[str] = []
    if not active(sound.samples).any():
        quiet = (Phone(SILENCE, 0.0, sound.duration),)
        return Timing(quiet, (), "silence", language, sound.duration, 1.0, ("Nobody speaks in the recording.",))
    if sound.clipped > 0.002:
        notes.append("The recording is clipped: its loudest parts are cut off.")
    if text is not None:
        found = by_text(sound, text, language, progress)
        if isinstance(found, Timing):
            return replace(found, notes=(*notes, *found.notes))
        notes.append(found)
    if language.startswith("en"):
        found = by_words(sound, language, progress)
        if found is not None:
            return replace(found, notes=(*notes, *found.notes))
        notes.append("No words could be made out; sounds are heard without them.")
    found = by_network(sound, language, progress)
    if all(phone.label == SILENCE for phone in found.phones):
        return replace(found, route="silence", confidence=UNHEARD, notes=(*notes, "Nothing in it sounds like speech."))
    return replace(found, notes=(*notes, *found.notes))


def by_text(sound: Sound, text: str, language: str, progress: Progress = silent) -> Timing | str:
    """By the words of a text, or why that cannot be."""
    words = words_of(text, language)
    sounds = {word: found[0] for word in dict.fromkeys(words) if (found := _sounds(word, language))}
    words = [word for word in words if word in sounds or _in_dictionary(word, language)]
    if not words:
        return "The text has no words; they are looked for in the sound."
    found = _aligned(sound.samples, words, sounds, progress)
    if found is None or found.score < (STRANGE if language.startswith("en") else STRANGE_FOREIGN):
        return "The text is not what is said: the sound alone counts."
    return _timing(sound, found, "aligned", language)


def by_words(sound: Sound, language: str, progress: Progress = silent) -> Timing | None:
    """By English words that are heard; None where there are none to be made out."""
    found = _recognised(sound.samples, progress)
    if found is None or found.score < STRANGE:
        return None
    return _timing(sound, found, "recognised", language)


def by_network(sound: Sound, language: str, progress: Progress = silent) -> Timing:
    """By phones that are heard one by one, in any language. Raises Refusal where the network is damaged."""
    return _timing(sound, Heard(hear(sound.samples, progress), ()), "network", language)


def _timing(sound: Sound, found: Heard, route: str, language: str) -> Timing:
    if route == "network":
        sure = SURE_HEARD
    else:
        sure = float(np.clip(1 - 0.7 * (SPOKEN - found.score) / (SPOKEN - STRANGE), 0.3, 1.0))
        sure *= 1.0 if language.startswith("en") else FOREIGN
    return Timing(where_spoken(sound, found.phones), found.words, route, language, sound.duration, sure)


def where_spoken(sound: Sound, phones: Sequence[Phone]) -> tuple[Phone, ...]:
    """Phones where nobody can be speaking are silence."""
    heard = active(sound.samples, SOFT)
    spoken = [one for one in phones if one.label != SILENCE and _share(heard, one) > 0.2]
    return covering(spoken, sound.duration)


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
            found = Heard(hear(samples[start:end]), ())
        if found is not None:
            done.append((start / RATE, found))
    return joined(done)


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
    return joined(done)


def joined(parts: Sequence[tuple[float, Heard]]) -> Heard | None:
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
