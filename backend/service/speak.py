"""The method speak: a recorded voice becomes a performance."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.errors import Refusal
from backend.service.call import Call, Reply

if TYPE_CHECKING:
    from backend.speech.phones import Timing

CURE = "Update the add-on."
MAX_KEYS = 1_000_000


def speak_clip(call: Call) -> Reply:
    """Makes a performance of a recording.

    params: path, absolute; text, "" where it is not known; language; auto, whether the voice suggests the emotion;
    style, layers: numbers by name, as the verb has them; seed; apart, whether each layer is wanted by itself; perhaps
    textgrid, the text of a timing that is known, then text and language are not read. Arrays: perhaps emotion_times
    (K,) f4 seconds and emotion_values (K, 7) f4; perhaps word_starts (W,) f4, seconds where the textgrid's words are to
    begin, NaN where they do. Result: names, fps, source, route, confidence, notes, duration; words, each as [text,
    start, end]; textgrid; the arrays weights, head, gaze, torsion, confidence of the performance; emotions (T, 7) f4;
    and with apart, layers, names, and layer_weights (L, T, C) f4, what each adds to those before it.
    """
    from backend.speech.articulate import Style
    from backend.speech.emotion import EMOTIONS, Keys
    from backend.speech.life import Strengths
    from backend.speech.sound import read_sound
    from backend.speech.speak import Direction, speak
    from backend.speech.tables import articulation, emotions
    from backend.speech.textgrid import textgrid
    from backend.speech.timing import time_speech

    path, text, language = (call.params.get(name) for name in ("path", "text", "language"))
    seed = call.params.get("seed", 0)
    if not all(isinstance(value, str) for value in (path, text, language)) or type(seed) is not int or seed < 0:
        raise Refusal("bad-request", "The request does not describe a recording.", CURE)
    emotion: Keys | str = "auto" if call.params.get("auto") else "off"
    times, values = (call.arrays.get(name) for name in ("emotion_times", "emotion_values"))
    if times is not None and values is not None:
        if times.ndim != 1 or not 0 < len(times) <= MAX_KEYS or values.shape != (len(times), len(EMOTIONS)):
            raise Refusal("bad-request", "The request's emotions cannot be read.", CURE)
        emotion = Keys(times.astype(np.float64), np.clip(np.nan_to_num(values.astype(np.float64)), 0, 1))
    direction = Direction(
        Style(**_numbers(call.params.get("style"), ("jaw", "lips"))),
        emotion,
        Strengths(**_numbers(call.params.get("layers"), ("blinks", "glances", "brows", "head"))),
        seed,
    )
    sound = read_sound(Path(str(path)), lambda part, told: call.progress(0.1 * part, told))
    given = call.params.get("textgrid", "")
    if isinstance(given, str) and given.strip():
        timing = _given(call, given, sound.duration)
    else:
        asked = str(text) if str(text).strip() else None
        timing = time_speech(sound, asked, str(language), lambda part, told: call.progress(0.1 + 0.6 * part, told))
    acted = speak(
        sound,
        timing,
        articulation(),
        emotions(),
        direction,
        source=f"voice {Path(str(path)).name}",
        progress=lambda part, told: call.progress(0.7 + 0.3 * part, told),
        apart=bool(call.params.get("apart")),
    )
    motion = acted.motion
    fields = {
        "names": list(motion.names),
        "fps": motion.fps,
        "source": motion.source,
        "route": timing.route,
        "confidence": timing.confidence,
        "notes": list(timing.notes),
        "duration": timing.duration,
        "words": [[word.text, word.start, word.end] for word in timing.words],
        "textgrid": textgrid(timing),
    }
    arrays = {name: getattr(motion, name) for name in ("weights", "head", "gaze", "torsion", "confidence")}
    arrays["emotions"] = acted.felt.astype(np.float32)
    if acted.layers:
        fields["layers"] = list(acted.layers)
        arrays["layer_weights"] = np.stack([*acted.layers.values()])
    return Reply(fields, arrays)


def _given(call: Call, text: str, duration: float) -> "Timing":
    """The timing that was sent, with words where they were moved to. Raises Refusal."""
    from backend.speech.nudge import nudged
    from backend.speech.textgrid import parse_textgrid

    timing = parse_textgrid(text, "The timing", duration)
    starts = call.arrays.get("word_starts")
    if starts is None:
        return timing
    if starts.shape != (len(timing.words),):
        raise Refusal("bad-request", "The request's words do not fit its timing.", CURE)
    return nudged(timing, starts.astype(np.float64))


def _numbers(value: Any, names: tuple[str, ...]) -> dict[str, float]:
    """Raises Refusal for what is no dictionary of numbers from 0 to 3."""
    given = value if isinstance(value, dict) else {}
    for name, amount in given.items():
        if name not in names or isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount <= 3:
            raise Refusal("bad-request", "The request's style cannot be read.", CURE)
    return {name: float(amount) for name, amount in given.items()}
