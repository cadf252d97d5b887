"""How well speech is timed and shown: against labels, against alignment with the true text, and against baselines."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.speech.articulate import JAW
from backend.speech.contact import SHUT, TOUCH, open_head_lips
from backend.speech.emotion import EMOTIONS, Keys
from backend.speech.life import Strengths
from backend.speech.phones import SILENCE, Phone, Timing, covering
from backend.speech.sound import RATE, Sound, read_sound
from backend.speech.speak import FPS, Direction, speak
from backend.speech.tables import articulation, emotions
from backend.speech.textgrid import read_textgrid
from backend.speech.timing import time_speech
from backend.speech.visemes import VISEME

NEAR = 0.04
"""Seconds around a phone in which its contact counts."""

FULL = {name: Keys(np.zeros(1), np.eye(len(EMOTIONS))[[at]]) for at, name in enumerate(EMOTIONS)}


@dataclass(frozen=True)
class Clip:
    """A recording with what is known of it. labels: phones in time, where somebody has labelled them."""

    name: str
    sound: Sound
    text: str | None
    language: str
    labels: tuple[Phone, ...] = ()


@dataclass(frozen=True)
class Onsets:
    """phones: how many of the labels were found. mean: seconds, of the distances of their beginnings, within: shares of
    them within 20, 40, 60 and 100 ms."""

    phones: int
    mean: float
    within: tuple[float, ...]


def read_clips(folder: Path) -> list[Clip]:
    """The recordings of the corpus' folder of speech, with the transcripts of its index."""
    found = json.loads((folder.parent / "index.json").read_text(encoding="utf-8"))
    clips = []
    for entry in _entries(found):
        path = folder.parent / entry["file"]
        if path.parent == folder and path.suffix == ".wav" and path.is_file():
            text, language = entry.get("transcript"), str(entry.get("language") or "en")
            clips.append(Clip(path.stem, read_sound(path), text, language, _labels(path)))
    return clips


def _entries(node: object) -> list[dict]:
    if isinstance(node, dict):
        own = [node] if isinstance(node.get("file"), str) else []
        return own + [entry for value in node.values() for entry in _entries(value)]
    return [entry for value in node for entry in _entries(value)] if isinstance(node, list) else []


def _labels(path: Path) -> tuple[Phone, ...]:
    grid = path.with_suffix(".TextGrid")
    return read_textgrid(grid).phones if grid.is_file() else ()


def compare_onsets(found: Sequence[Phone], labels: Sequence[Phone]) -> Onsets:
    """The beginnings of phones against those of labels. Both are matched in order, where they look alike and lie near
    each other, as dynamic programming finds it best."""
    own = [one for one in found if one.label != SILENCE]
    true = [one for one in labels if one.label != SILENCE]
    looks = np.array([[VISEME.get(a.label) == VISEME.get(b.label) for b in true] for a in own], float)
    apart = np.abs(np.array([one.start for one in own])[:, None] - np.array([one.start for one in true]))
    worth = looks * np.maximum(1 - apart, 0)
    best = np.zeros((len(own) + 1, len(true) + 1))
    for i in range(len(own)):
        for j in range(len(true)):
            best[i + 1, j + 1] = max(best[i, j + 1], best[i + 1, j], best[i, j] + worth[i, j])
    pairs, i, j = [], len(own), len(true)
    while i and j:
        if worth[i - 1, j - 1] > 0 and best[i, j] == best[i - 1, j - 1] + worth[i - 1, j - 1]:
            i, j = i - 1, j - 1
            pairs.append(apart[i, j])
        elif best[i, j] == best[i - 1, j]:
            i -= 1
        else:
            j -= 1
    away = np.array(pairs) if pairs else np.array([np.inf])
    within = tuple(float((away <= limit).mean()) for limit in (0.02, 0.04, 0.06, 0.1))
    return Onsets(len(pairs), float(away.mean()), within)


def viseme_agreement(found: Timing, true: Timing) -> float:
    """Share of hundredths of a second, silent ones in both aside, with the same viseme."""
    times = np.arange(0, min(found.duration, true.duration), 0.01)
    one, other = (_visemes_at(timing.phones, times) for timing in (found, true))
    spoken = (one != "sil") | (other != "sil")
    return float((one == other)[spoken].mean()) if spoken.any() else 1.0


def _visemes_at(phones: Sequence[Phone], times: np.ndarray) -> np.ndarray:
    starts = np.array([one.start for one in phones])
    names = np.array([VISEME.get(one.label, "sil") for one in phones])
    return names[np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(names) - 1)]


def spread_evenly(timing: Timing) -> Timing:
    """The baseline of other tools: the phones of each word evenly over the word."""
    phones: list[Phone] = []
    for word in timing.words:
        own = [
            one for one in timing.phones if word.start - 1e-3 <= one.start < word.end - 1e-3 and one.label != SILENCE
        ]
        step = (word.end - word.start) / max(len(own), 1)
        phones += [
            replace(one, start=word.start + k * step, end=word.start + (k + 1) * step) for k, one in enumerate(own)
        ]
    return replace(timing, phones=covering(phones, timing.duration))


def contacts(weights: np.ndarray, phones: Sequence[Phone], fps: float) -> dict[str, tuple[int, int]]:
    """How many of the contacts of P B M, and of F V, are made on the open head, and how many there are."""
    lips = open_head_lips()
    result = {}
    for name, labels, gap, limit in (
        ("P B M", ("P", "B", "M"), lips.gaps(weights), SHUT),
        ("F V", ("F", "V"), lips.from_teeth(weights), TOUCH),
    ):
        made = [
            gap[max(0, int((one.start - NEAR) * fps)) : int((one.end + NEAR) * fps) + 2].min(initial=np.inf) <= limit
            for one in phones
            if one.label in labels
        ]
        result[name] = (sum(made), len(made))
    return result


def loudness_to_jaw(sound: Sound, fps: float) -> np.ndarray:
    """(T, 52): the baseline that opens the jaw with the loudness, and does nothing else."""
    from backend.speech.voice_activity import HOP, loudness

    level = loudness(sound.samples)
    share = np.clip((level - np.quantile(level, 0.1)) / max(np.ptp(np.quantile(level, [0.1, 0.98])), 1.0), 0, 1)
    times = np.arange(max(1, round(sound.duration * fps))) / fps
    weights = np.zeros((len(times), len(ARKIT_NAMES)))
    weights[:, JAW] = 0.5 * np.interp(times, np.arange(len(level)) * HOP / RATE, share)
    return weights


def performed(clip: Clip, timing: Timing, direction: Direction | None = None) -> np.ndarray:
    """(T, 52) the weights of a clip."""
    return speak(clip.sound, timing, articulation(), emotions(), direction).motion.weights.astype(np.float64)


def most_motion_in_silence() -> float:
    """The most that a channel moves, blinks aside, in three seconds of faint noise."""
    noise = np.random.default_rng(0).normal(0, 1e-3, 3 * RATE).astype(np.float32)
    sound = Sound(noise, RATE, 1, 0.0)
    weights = performed(Clip("silence", sound, None, "en"), time_speech(sound))
    still = [at for at, name in enumerate(ARKIT_NAMES) if not name.startswith("eyeBlink")]
    return float(np.ptp(weights[:, still], axis=0).max())


READ = {
    "anger": {"browDown": 1, "noseSneer": 0.3, "eyeWide": 0.4, "eyeSquint": 0.3},
    "happiness": {"cheekSquint": 1, "eyeSquint": 0.5},
    "sadness": {"browInnerUp": 1, "browDown": 0.2, "eyeBlink": 0.2, "eyeLookDown": 0.3},
    "disgust": {"noseSneer": 1, "browDown": 0.5, "cheekSquint": 0.5, "eyeSquint": 0.4},
    "fear": {"browInnerUp": 0.7, "eyeWide": 0.8, "browOuterUp": 0.4, "browDown": 0.2},
    "surprise": {"browInnerUp": 0.7, "browOuterUp": 0.9, "eyeWide": 0.6},
}
"""Upper faces by EMFACS' action units, written down apart from the tables that make them."""


def read_emotion(weights: np.ndarray) -> str:
    """The emotion that an upper face shows, by the rule whose action units it is most alike."""
    upper = [
        at
        for at, name in enumerate(ARKIT_NAMES)
        if name.startswith(("brow", "eyeWide", "eyeSquint", "cheekSquint", "nose"))
    ]
    mean = weights.mean(0)
    if mean[upper].max() < 0.08:
        return "neutral"

    def alike(rule: Mapping[str, float]) -> float:
        wanted = np.array([next((v for k, v in rule.items() if ARKIT_NAMES[at].startswith(k)), 0.0) for at in upper])
        return float(wanted @ mean[upper] / np.linalg.norm(wanted) / max(np.linalg.norm(mean[upper]), 1e-9))

    return max(READ, key=lambda name: alike(READ[name]))


def measure_clip(clip: Clip) -> dict[str, object]:
    """All that one clip tells."""
    begun = time.process_time()
    timing = time_speech(clip.sound, clip.text, clip.language)
    weights = performed(clip, timing)
    spent = time.process_time() - begun
    found: dict[str, object] = {
        "name": clip.name,
        "seconds": clip.sound.duration,
        "route": timing.route,
        "confidence": timing.confidence,
        "of_real_time": spent / clip.sound.duration,
        "contacts": contacts(weights, timing.phones, FPS),
        "contacts_with_anger": contacts(performed(clip, timing, Direction(emotion=FULL["anger"])), timing.phones, FPS),
        "contacts_with_fear": contacts(performed(clip, timing, Direction(emotion=FULL["fear"])), timing.phones, FPS),
        "contacts_of_loudness": contacts(loudness_to_jaw(clip.sound, FPS), timing.phones, FPS),
        "emotions_read": sum(
            read_emotion(performed(clip, timing, Direction(emotion=FULL[name], strengths=Strengths(brows=0)))) == name
            for name in EMOTIONS
        ),
    }
    if clip.labels:
        found["onsets"] = compare_onsets(timing.phones, clip.labels)
        found["onsets_spread"] = compare_onsets(spread_evenly(timing).phones, clip.labels)
    if clip.text and timing.route == "aligned" and clip.language.startswith("en"):
        begun = time.process_time()
        heard = time_speech(clip.sound, None, clip.language)
        found["heard_of_real_time"] = (time.process_time() - begun) / clip.sound.duration
        found["visemes"] = viseme_agreement(heard, timing)
        found["visemes_spread"] = viseme_agreement(spread_evenly(timing), timing)
    return found
