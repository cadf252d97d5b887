"""Phones to the mouth's curves: each phone pulls at its time, jaw and lips for themselves, and neighbours share."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.speech.phones import BREATH, SILENCE, Phone, Timing
from backend.speech.prosody import Prosody
from backend.speech.tables import Shape

JAW = ARKIT_NAMES.index("jawOpen")

JAW_SECONDS, LIP_SECONDS = 0.03, 0.055
"""Time constants of a phone's pull outside its own time. Textbooks have 0.12 to 0.15; jaws of recorded faces are
followed best by 0.02."""

HELD = 0.75
"""Of a phone's length, how long it is at its apex."""

AHEAD = 0.02
"""Seconds by which everything is earlier than its sound: faces lead, and a late one is noticed first."""

REACH = 6.0
"""Time constants beyond which a phone's pull is nothing."""

REST = 0.02
"""The pull of the mouth at rest, which everything falls back to."""

FASTEST = 7.0
"""Most that the jaw's weight may change in a second."""

PAUSE, INHALE = 0.35, 0.3
"""Seconds of silence from which on a breath is drawn before a phrase, and how long that takes."""


@dataclass(frozen=True)
class Style:
    """How much jaw and lips do: 0 mumbles, 1 speaks, 2 over-enunciates."""

    jaw: float = 1.0
    lips: float = 1.0


@dataclass(frozen=True)
class Mouth:
    """weights: (T, 52) of ARKIT_NAMES. lips, teeth: (T,) in 0..1, how much the lips must meet each other, and the lower
    one the upper teeth. still: (T,) in 0..1, how silent it is."""

    weights: np.ndarray
    lips: np.ndarray
    teeth: np.ndarray
    still: np.ndarray


def articulate(
    timing: Timing, prosody: Prosody, shapes: Mapping[str, Shape], fps: float, style: Style | None = None
) -> Mouth:
    """The mouth that says a timing at fps frames per second: dominance functions (Cohen and Massaro 1993) on two axes,
    jaw and lips (Edwards et al. 2016), with loudness as effort."""
    style = style or Style()
    count = max(1, round(timing.duration * fps))
    times = np.arange(count) / fps + AHEAD
    effort = np.interp(times, np.arange(len(prosody.effort)) / prosody.rate, prosody.effort)
    jaw, jaw_pull = np.zeros(count), np.full(count, REST)
    lips, lip_pull = np.zeros((count, len(ARKIT_NAMES))), np.full(count, REST)
    contact = {"lips": np.zeros(count), "teeth": np.zeros(count)}
    still = np.zeros(count)
    for phone in _with_breaths(timing.phones):
        shape = shapes.get(phone.label, shapes[SILENCE])
        for part, start, end in _halves(shape, phone):
            _pull(jaw, jaw_pull, times, fps, start, end, JAW_SECONDS, shape.jaw_strength, part.jaw)
            _pull(lips, lip_pull, times, fps, start - shape.lead, end, LIP_SECONDS, shape.lip_strength, part.lips)
        if shape.contact:
            _hold(contact[shape.contact], times, fps, phone)
        if phone.label == SILENCE and phone.end - phone.start > 0.12:
            start = phone.start + 0.06 if phone.start > 0 else -np.inf
            end = phone.end - 0.06 if phone.end < timing.duration else np.inf
            still[(times > start) & (times < end)] = 1.0
    weights = style.lips * (lips / lip_pull[:, None]) * (0.6 + 0.4 * effort[:, None])
    opening = style.jaw * (jaw / jaw_pull) * effort
    weights[:, JAW] = _limited(opening, FASTEST / fps)
    silence = _eased(still, fps)
    return Mouth(np.clip(weights * (1 - silence[:, None]), 0, 1), contact["lips"], contact["teeth"], silence)


def _with_breaths(phones: tuple[Phone, ...]) -> list[Phone]:
    """The last part of a long silence before speech is a breath."""
    result: list[Phone] = []
    for at, one in enumerate(phones):
        before_speech = at + 1 < len(phones) and phones[at + 1].label not in (SILENCE, BREATH)
        if one.label == SILENCE and one.end - one.start > PAUSE and before_speech:
            begin = max(one.start, one.end - INHALE)
            result += [Phone(SILENCE, one.start, begin), Phone(BREATH, begin, one.end)]
        else:
            result.append(one)
    return result


def _halves(shape: Shape, phone: Phone) -> list[tuple[Shape, float, float]]:
    """What a phone is from when to when at its apex; a diphthong is two, the second from six tenths on."""
    if shape.late is None:
        return [(shape, phone.start, phone.start + HELD * (phone.end - phone.start))]
    turn = phone.start + 0.6 * (phone.end - phone.start)
    return [(shape, phone.start, turn - 0.1 * (phone.end - phone.start)), (shape.late, turn, phone.end)]


def _pull(
    total: np.ndarray,
    pull: np.ndarray,
    times: np.ndarray,
    fps: float,
    start: float,
    end: float,
    seconds: float,
    strength: float,
    target: float | np.ndarray,
) -> None:
    """Adds what a phone does from start to end, and less around it."""
    first = max(0, int((start - REACH * seconds - AHEAD) * fps))
    last = min(len(times), int((end + REACH * seconds - AHEAD) * fps) + 2)
    if last <= first:
        return
    near = times[first:last]
    away = np.maximum(np.maximum(start - near, near - end), 0.0)
    share = strength * np.exp(-away / seconds)
    pull[first:last] += share
    total[first:last] += share * target if isinstance(target, float) else share[:, None] * target


def _hold(contact: np.ndarray, times: np.ndarray, fps: float, phone: Phone) -> None:
    """Contact through a phone, of 50 ms at least, which comes and goes within 30 ms."""
    longer = max(0.0, 0.05 - (phone.end - phone.start)) / 2
    start, end = phone.start - longer, phone.end + longer - 0.01
    first, last = max(0, int((start - 0.2) * fps)), int((end + 0.2) * fps) + 1
    near = times[first:last]
    away = np.maximum(np.maximum(start - near, near - end), 0.0)
    contact[first:last] = np.maximum(contact[first:last], np.clip(1 - away / 0.03, 0, 1))


def _limited(curve: np.ndarray, step: float) -> np.ndarray:
    """The curve with changes of at most step between frames, as near as running it both ways brings it."""
    forth, back = curve.copy(), curve.copy()
    for at in range(1, len(curve)):
        forth[at] = np.clip(curve[at], forth[at - 1] - step, forth[at - 1] + step)
    for at in range(len(curve) - 2, -1, -1):
        back[at] = np.clip(curve[at], back[at + 1] - step, back[at + 1] + step)
    return 0.5 * (forth + back)


def _eased(mask: np.ndarray, fps: float) -> np.ndarray:
    """A mask (T,) whose edges take a tenth of a second."""
    width = max(1, round(0.1 * fps))
    kernel = np.hanning(width + 2)[1:-1]
    return np.convolve(np.pad(mask, width, mode="edge"), kernel / kernel.sum(), mode="same")[width:-width]
