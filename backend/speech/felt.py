"""What a voice feels, as a small model that was trained on actors hears it; see weights/emotion.md."""

from functools import cache
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from backend.errors import Refusal
from backend.speech.emotion import EMOTIONS
from backend.speech.prosody import Prosody
from backend.speech.voice_features import COUNT, FRAMES, features_of

WEIGHTS = Path(__file__).parents[1] / "weights" / "emotion.safetensors"

TOLD = ("neutral", "anger", "happiness", "sadness", "fear")
"""Emotions that the model tells apart."""

EVERY = 50
"""Frames of 10 ms from one look to the next."""

FAR = 4.0
"""Standard deviations beyond which a number says no more."""


def felt(samples: np.ndarray, voice: Prosody, times: np.ndarray, path: Path = WEIGHTS) -> np.ndarray:
    """(T, 7) probabilities of EMOTIONS at times (T,) seconds; nothing where there is hardly a voice. samples: (N,) at
    RATE. Raises Refusal where the model is damaged."""
    arrays = _loaded(path)
    result = np.zeros((len(times), len(EMOTIONS)))
    middles, rows = [], []
    for first in range(0, max(1, len(voice.level) - FRAMES + EVERY), EVERY):
        part = slice(first, first + FRAMES)
        middles.append((first + min(FRAMES, len(voice.level) - first) / 2) / voice.rate)
        spoken = int((voice.heard[part] & np.isfinite(voice.pitch[part])).sum())
        rows.append(probabilities(arrays, features_of(samples, voice, first)) if spoken >= 30 else np.zeros(len(TOLD)))
    for at, name in enumerate(TOLD):
        result[:, EMOTIONS.index(name)] = np.interp(times, middles, [row[at] for row in rows])
    return result


def probabilities(arrays: dict[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """(5,) of TOLD, by logistic regression."""
    usual = np.clip((features - arrays["middle"]) / arrays["spread"], -FAR, FAR)
    odds = usual @ arrays["weight"] + arrays["bias"]
    odds = np.exp(odds - odds.max())
    return odds / odds.sum()


@cache
def _loaded(path: Path) -> dict[str, np.ndarray]:
    shapes = {"middle": (COUNT,), "spread": (COUNT,), "weight": (COUNT, len(TOLD)), "bias": (len(TOLD),)}
    try:
        arrays = load_file(path)
        found = {name: arrays[name].astype(np.float64) for name in shapes}
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise Refusal("bad-weights", f"The model {path.name} cannot be read.", "Install Facsimile again.") from error
    if any(found[name].shape != shape for name, shape in shapes.items()):
        raise Refusal("bad-weights", f"The model {path.name} is of another version.", "Install Facsimile again.")
    return found
