"""What is said, and when: phones and words of a recording."""

from dataclasses import dataclass

SILENCE, BREATH = "SIL", "BR"
"""Labels of what is no speech."""

VOWELS = frozenset(("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"))


@dataclass(frozen=True)
class Phone:
    """label: ARPAbet without stress, SILENCE or BREATH. start, end: seconds. stress: 0 none, 1 primary, 2 secondary.
    confidence: 0..1."""

    label: str
    start: float
    end: float
    stress: int = 0
    confidence: float = 1.0


@dataclass(frozen=True)
class Word:
    """text: as it was written or heard. start, end: seconds."""

    text: str
    start: float
    end: float
    confidence: float = 1.0


@dataclass(frozen=True)
class Timing:
    """phones: in order, from 0 to duration without gap or overlap. words: in order. route: how they were found, one of
    "aligned" (to a text), "recognised" (words heard, then aligned), "network" (heard without words), "given" (by the
    user) and "silence". notes: sentences for the user."""

    phones: tuple[Phone, ...]
    words: tuple[Word, ...]
    route: str
    language: str
    duration: float
    confidence: float
    notes: tuple[str, ...] = ()


def covering(phones: list[Phone], duration: float) -> tuple[Phone, ...]:
    """The same phones in order with silence in every gap, from 0 to duration; overlaps are cut at their middle, and
    phones without length are left out."""
    result: list[Phone] = []
    place = 0.0
    ordered = sorted(phones, key=lambda one: (one.start, one.end))
    for at, one in enumerate(ordered):
        after = ordered[at + 1].start if at + 1 < len(ordered) else duration
        end = min(one.end if one.end <= after else (one.end + after) / 2, duration)
        start = max(one.start, place)
        if end - start <= 1e-6:
            continue
        if start - place > 1e-6:
            result.append(Phone(SILENCE, place, start))
        result.append(Phone(one.label, start, end, one.stress, one.confidence))
        place = end
    if duration - place > 1e-6 or not result:
        result.append(Phone(SILENCE, place, max(duration, place)))
    return tuple(merged(result))


def merged(phones: list[Phone]) -> list[Phone]:
    """Neighbouring silences as one."""
    result: list[Phone] = []
    for one in phones:
        if result and one.label == SILENCE == result[-1].label:
            result[-1] = Phone(SILENCE, result[-1].start, one.end)
        else:
            result.append(one)
    return result
