"""How well phones are found where no text is given: the ways there are, beside each other."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backend.evaluation.speech_clips import Clip, viseme_agreement
from backend.speech.hear import LIVE, Hearing, phones_of
from backend.speech.log_mel import HOP
from backend.speech.phones import Timing
from backend.speech.sound import RATE, Sound
from backend.speech.timing import by_network, by_phone_loop, by_words

LIVE_PIECE = 2 * HOP
"""Samples that come in at once where a voice is heard live."""


def live(sound: Sound) -> Timing:
    """As it is heard while it comes in, with what each label may wait for and no more."""
    hearing = Hearing(LIVE)
    pieces = (sound.samples[at : at + LIVE_PIECE] for at in range(0, len(sound.samples), LIVE_PIECE))
    labels = np.concatenate([*(hearing.hear(piece) for piece in pieces), hearing.end()])
    return Timing(phones_of(labels, sound.duration), (), "network", "", sound.duration, 0.0)


def ways(clip: Clip) -> dict[str, Callable[[], Timing | None]]:
    """What can be done without a text; words are looked for in English alone."""
    found: dict[str, Callable[[], Timing | None]] = {
        "network": lambda: by_network(clip.sound, clip.language),
        "network, live": lambda: live(clip.sound),
        "phone loop": lambda: by_phone_loop(clip.sound, clip.language),
    }
    return found | ({"words": lambda: by_words(clip.sound, clip.language)} if clip.language.startswith("en") else {})


def measure_without_text(clip: Clip, true: Timing) -> dict[str, Any]:
    """For each way: the share of right visemes, and processor time of real time."""
    result: dict[str, Any] = {"group": group(clip), "seconds": clip.sound.duration}
    for name, way in ways(clip).items():
        begun = time.process_time()
        timing = way()
        spent = (time.process_time() - begun) / clip.sound.duration
        if timing is not None:
            result[name] = {"visemes": viseme_agreement(timing, true), "of_real_time": spent}
    return result


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
        lines.append(f"right visemes without a text, {kind}, {sum(one['seconds'] for one in own):.0f} s:")
        for name in ("words", "network", "network, live", "phone loop"):
            rows = [one for one in own if name in one]
            if rows:
                weights = [one["seconds"] for one in rows]
                right, cost = (np.average([one[name][key] for one in rows], weights=weights) for key in ("visemes", "of_real_time"))
                lines.append(f"  {name}: {right:.1%}, processor time {cost:.3f} of real time")
    lines.append(f"a live label comes at most {1000 * Hearing(LIVE).latency:.0f} ms late; wanted 150")
    return "\n".join(lines)
