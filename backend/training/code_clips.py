"""Recordings with the FLAME codes of who speaks: the training data of the published network of speech."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.archives import BROKEN
from backend.errors import Refusal
from backend.networks.speech_codes import CODE, EXPRESSION, FPS, JAW, LABELS
from backend.performance import checked, interpolate
from backend.speech.learned_codes import windows
from backend.speech.sound import read_sound
from backend.speech.voice_activity import HOP, active

MAX_BYTES = 64 << 20
"""Unpacked, of a clip's codes; an hour of them is 25 MB."""

CURE = "Give a folder of NAME.wav and NAME.npz with expression (T, 50), jaw (T,) and fps, as speak --codes writes them."
SHORTEST = 8
"""Frames of a clip."""


@dataclass(frozen=True)
class CodeClip:
    """windows: (T, 1066) float32, what the frames hear. codes: (T, 56) float32 as they are meant, head and jaw's sides
    zero. logits: (T, 7) of LABELS, None where the emotion is not known. silent: (T,) bool."""

    windows: np.ndarray
    codes: np.ndarray
    logits: np.ndarray | None
    silent: np.ndarray


def read_clips(folder: Path) -> list[CodeClip]:
    """The clips of a folder, by their names. Raises Refusal where there are none, or one is damaged."""
    names = [path for path in sorted(folder.glob("*.npz")) if path.with_suffix(".wav").is_file()]
    if not names:
        raise Refusal("no-clips", f"{folder} has no recordings with codes.", CURE)
    return [read_clip(path) for path in names]


def read_clip(path: Path) -> CodeClip:
    """The clip of NAME.npz and the NAME.wav beside it. Raises Refusal."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise Refusal("too-large", f"{path.name} is too large.", "Cut it into shorter clips.")
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in ("expression", "jaw", "fps", "emotion") if name in stored}
    except BROKEN as error:
        raise Refusal("bad-clip", f"{path.name} cannot be read.", CURE) from error
    if {"expression", "jaw", "fps"} - arrays.keys() or arrays["expression"].ndim != 2 or arrays["fps"].size != 1:
        raise Refusal("bad-clip", f"{path.name} has no expression, jaw and fps.", CURE)
    frames, rate = len(arrays["expression"]), float(arrays["fps"].reshape(-1)[0])
    if frames == 0 or not (np.isfinite(rate) and 0 < rate <= 1000):
        raise Refusal("bad-clip", f"{path.name} has no frames, or no rate.", CURE)
    parts = [
        checked("expression", arrays["expression"], (frames, EXPRESSION)),
        checked("jaw", arrays["jaw"], (frames,))[:, None],
    ]
    if "emotion" in arrays:
        parts.append(checked("emotion", arrays["emotion"], (frames, len(LABELS))))
    sound = read_sound(path.with_suffix(".wav"))
    count = round(min(frames / rate, sound.duration) * FPS)
    if count < SHORTEST:
        raise Refusal("bad-clip", f"{path.name} is shorter than {SHORTEST} frames.", "Take it out of the folder.")
    resampled = interpolate(np.concatenate(parts, 1), np.minimum(np.arange(count) * rate / FPS, frames - 1))
    codes = np.zeros((count, CODE), np.float32)
    codes[:, :EXPRESSION], codes[:, JAW] = resampled[:, :EXPRESSION], resampled[:, EXPRESSION]
    logits = resampled[:, EXPRESSION + 1 :] if "emotion" in arrays else None
    heard = active(sound.samples)
    at = np.minimum((np.arange(count) / FPS * 16_000 / HOP).astype(int), len(heard) - 1)
    return CodeClip(windows(sound.samples, range(count)), codes, logits, ~heard[at])


def code_range(clips: list[CodeClip]) -> tuple[np.ndarray, np.ndarray]:
    """(56,) least and most of every code in all clips; what never moves stays away from an empty range."""
    low = np.min([clip.codes.min(0) for clip in clips], 0)
    high = np.max([clip.codes.max(0) for clip in clips], 0)
    return low, np.maximum(high, low + 1e-3)
