"""How well phones are found where no text is given: the ways there are, beside each other and beside loudness alone."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from backend.errors import Progress, silent
from backend.evaluation.phone_loop import by_phone_loop
from backend.evaluation.speech_clips import Clip
from backend.evaluation.speech_shown import contacts, loudness_to_jaw, performed
from backend.evaluation.speech_timing import viseme_agreement
from backend.speech.articulate import JAW
from backend.speech.hear import LIVE, Hearing, phones_of
from backend.speech.log_mel import HOP
from backend.speech.phones import Timing
from backend.speech.sound import Sound
from backend.speech.speak import FPS
from backend.speech.timing import by_network, by_words

LIVE_PIECE = 2 * HOP
"""Samples that come in at once where a voice is heard live."""

LOUDNESS = "loudness to jaw"


def live(sound: Sound, language: str, progress: Progress = silent) -> Timing:
    """As it is heard while it comes in, with what each label may wait for and no more."""
    hearing = Hearing(LIVE)
    pieces = (sound.samples[at : at + LIVE_PIECE] for at in range(0, len(sound.samples), LIVE_PIECE))
    labels = np.concatenate([*(hearing.hear(piece) for piece in pieces), hearing.end()])
    return Timing(phones_of(labels, sound.duration), (), "network", language, sound.duration, 0.0)


WAYS: Mapping[str, Callable[[Sound, str], Timing | None]] = {
    "words": by_words,
    "network": by_network,
    "network, live": live,
    "phone loop": by_phone_loop,
}


def measure_without_text(clip: Clip, true: Timing) -> dict[str, Any]:
    """For each way: the share of right visemes, processor time of real time, contacts of the true P B M and F V that
    are made, and the correlation of the jaw to that of the true phones. Words are looked for in English alone."""
    wanted = performed(clip, true)
    result: dict[str, Any] = {"group": group(clip), "seconds": clip.sound.duration}
    for name, way in WAYS.items():
        if name == "words" and not clip.language.startswith("en"):
            continue
        begun = time.process_time()
        timing = way(clip.sound, clip.language)
        spent = (time.process_time() - begun) / clip.sound.duration
        if timing is not None:
            result[name] = _shown(performed(clip, timing), wanted, true) | {
                "visemes": viseme_agreement(timing, true),
                "of_real_time": spent,
            }
    result[LOUDNESS] = _shown(loudness_to_jaw(clip.sound, FPS), wanted, true)
    return result


def _shown(weights: np.ndarray, wanted: np.ndarray, true: Timing) -> dict[str, Any]:
    count = min(len(weights), len(wanted))
    jaw = float(np.corrcoef(weights[:count, JAW], wanted[:count, JAW])[0, 1]) if np.ptp(weights[:count, JAW]) else 0.0
    return {"contacts": contacts(weights, true.phones, FPS), "jaw": jaw}


def group(clip: Clip) -> str:
    """Recordings of a kind."""
    if clip.labels:
        return f"{clip.language}, labelled by hand"
    return f"{clip.language}, {'acted' if clip.name.startswith('a2f') else 'read'}"


def without_text_table(found: Sequence[dict[str, Any]]) -> str:
    """A line for each kind of recordings and way."""
    lines = []
    for kind in sorted({one["group"] for one in found}):
        own = [one for one in found if one["group"] == kind]
        lines.append(f"without a text, {kind}, {sum(one['seconds'] for one in own):.0f} s:")
        for name in (*WAYS, LOUDNESS):
            rows = [one for one in own if name in one]
            if rows:
                lines.append(f"  {name}: {_line([one[name] for one in rows], [one['seconds'] for one in rows])}")
    lines.append(f"a live label comes at most {1000 * Hearing(LIVE).latency:.0f} ms late; wanted 150")
    return "\n".join(lines)


def _line(rows: Sequence[dict[str, Any]], seconds: Sequence[float]) -> str:
    def mean(key: str) -> float:
        return float(np.average([row[key] for row in rows], weights=seconds))

    parts = []
    if "visemes" in rows[0]:
        parts += [f"right visemes {mean('visemes'):.1%}", f"processor time {mean('of_real_time'):.3f} of real time"]
    for name in ("P B M", "F V"):
        made, every = (sum(row["contacts"][name][k] for row in rows) for k in (0, 1))
        parts.append(f"{name} {made}/{every}")
    return ", ".join([*parts, f"jaw {mean('jaw'):.2f}"])
