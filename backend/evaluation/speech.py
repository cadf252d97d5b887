"""How well speech is timed and shown: against labels, against alignment with the true text, and against baselines."""

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.evaluation.speech_clips import Clip
from backend.evaluation.speech_shown import contacts, loudness_to_jaw, performed
from backend.evaluation.speech_timing import compare_onsets, viseme_agreement
from backend.evaluation.speech_without_text import measure_without_text
from backend.speech.emotion import EMOTIONS, Keys
from backend.speech.life import Strengths
from backend.speech.phones import SILENCE, Phone, Timing, covering
from backend.speech.sound import RATE, Sound
from backend.speech.speak import FPS, Direction
from backend.speech.timing import time_speech

FULL = {name: Keys(np.zeros(1), np.eye(len(EMOTIONS))[[at]]) for at, name in enumerate(EMOTIONS)}


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
    if clip.labels and timing.route == "aligned":
        found["onsets"] = compare_onsets(timing.phones, clip.labels)
        found["onsets_spread"] = compare_onsets(spread_evenly(timing).phones, clip.labels)
    if clip.text and timing.route == "aligned" and clip.language.startswith("en"):
        found["visemes_spread"] = viseme_agreement(spread_evenly(timing), timing)
    true = truth(clip, timing)
    if true is not None:
        found["without_text"] = measure_without_text(clip, true)
    return found


def truth(clip: Clip, timing: Timing) -> Timing | None:
    """What is nearest to it: labels by hand, else alignment with the true text where the aligner knows the language."""
    if clip.labels:
        return replace(timing, phones=covering(list(clip.labels), clip.sound.duration), route="given", confidence=1.0)
    return timing if timing.route == "aligned" and clip.language.startswith("en") else None
