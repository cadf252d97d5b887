"""Emotions over time: what the animator directs, or what the voice suggests, as weights that are added to speech."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.speech.prosody import Prosody

EMOTIONS = ("neutral", "anger", "happiness", "sadness", "disgust", "fear", "surprise")

OTHER_NAMES = {
    "angry": "anger", "happy": "happiness", "joy": "happiness", "sad": "sadness", "disgusted": "disgust",
    "afraid": "fear", "fearful": "fear", "surprised": "surprise", "calm": "neutral",
}  # fmt: skip

LOWER = tuple(at for at, name in enumerate(ARKIT_NAMES) if name.startswith(("mouth", "jaw", "cheekPuff", "tongue")))
"""Channels of the mouth, which speech owns."""

TINT = 0.6
"""How much of an emotion the mouth keeps while it speaks."""

SETTLED = 0.25
"""Seconds over which an emotion comes and goes."""

MAX_KEYS, MAX_BYTES = 100_000, 8 << 20
CURE = "Write happy=0.6,anger=0.2, a file of keys (time,anger,...), auto, learned, or off."


@dataclass(frozen=True)
class Keys:
    """Intensities over time, linear between keys. times: (K,) seconds, rising. values: (K, 7) of EMOTIONS."""

    times: np.ndarray
    values: np.ndarray

    def at(self, times: np.ndarray) -> np.ndarray:
        """(T, 7) intensities at times (T,) seconds."""
        return np.stack([np.interp(times, self.times, column) for column in self.values.T], axis=1)


def parse_emotion(asked: str) -> Keys | str:
    """What the flag says: "auto", "learned", "off", intensities by name, or a file of keys. Raises Refusal."""
    if asked in ("auto", "learned", "off", ""):
        return asked or "off"
    if asked.lower().endswith(".csv"):
        return read_keys(Path(asked))
    values = np.zeros(len(EMOTIONS))
    for part in asked.split(","):
        name, _, amount = part.partition("=")
        values[_named(name)] = _amount(amount or "0.8", part)
    return Keys(np.zeros(1), values[None])


def read_keys(path: Path) -> Keys:
    """A table with the column time, in seconds, and one or more of emotions, 0..1. Raises Refusal."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Refusal("bad-emotion", f"{path.name} is too large for a table of keys.", CURE)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal("bad-emotion", f"{path} cannot be read ({error}).", CURE) from error
    separator = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(cell.strip() for cell in row)]
    if len(rows) < 2 or rows[0][0].strip().lower() != "time":
        raise Refusal("bad-emotion", f"{path.name} has no column time, or no keys.", CURE)
    if len(rows) > MAX_KEYS:
        raise Refusal("bad-emotion", f"{path.name} has more than {MAX_KEYS:,} keys.", CURE)
    columns = [_named(name) for name in rows[0][1:]]
    times, values = np.zeros(len(rows) - 1), np.zeros((len(rows) - 1, len(EMOTIONS)))
    for at, row in enumerate(rows[1:]):
        where = f"row {at + 2} of {path.name}"
        times[at] = _amount(row[0], where, most=1e6)
        for column, cell in zip(columns, row[1:], strict=False):
            values[at, column] = _amount(cell or "0", where)
    order = np.argsort(times, kind="stable")
    return Keys(times[order], values[order])


def suggested(prosody: Prosody, times: np.ndarray) -> np.ndarray:
    """(T, 7) intensities that loudness, pitch and their liveliness suggest, by rule: loud and high is anger or joy,
    soft and low is sadness. A suggestion, to be edited."""
    spoken = prosody.heard & np.isfinite(prosody.pitch)
    result = np.zeros((len(times), len(EMOTIONS)))
    if spoken.sum() < 30:
        return result
    tones = 12 * np.log2(np.where(spoken, prosody.pitch, np.nan) / np.nanmedian(prosody.pitch[spoken]))
    filled = np.where(np.isfinite(tones), tones, 0.0)
    width = 0.8 * prosody.rate
    weight = np.maximum(gaussian_filter1d(spoken.astype(float), width), 1e-3)
    high = gaussian_filter1d(filled, width) / weight
    lively = np.sqrt(np.maximum(gaussian_filter1d(filled**2, width) / weight - high**2, 0))
    level = np.where(spoken, prosody.level - np.median(prosody.level[spoken]), 0.0)
    loud = gaussian_filter1d(level, width) / weight
    anger = np.clip(0.08 * loud + 0.03 * high - 0.03 * lively + 0.05, 0, 0.7)
    joy = np.clip(0.05 * (lively - 3.0) + 0.04 * high, 0, 0.7)
    sadness = np.clip(0.06 * (2.0 - lively) - 0.04 * loud, 0, 0.6)
    own = np.arange(len(level)) / prosody.rate
    for name, curve in (("anger", anger), ("happiness", joy), ("sadness", sadness)):
        result[:, EMOTIONS.index(name)] = np.interp(times, own, curve)
    return result


def emotional(
    intensities: np.ndarray, table: Mapping[str, np.ndarray], shut: np.ndarray, still: np.ndarray, fps: float
) -> np.ndarray:
    """(T, 52) weights to add to speech. intensities: (T, 7). shut: (T,) in 0..1, how much the mouth makes a contact,
    which an emotion must not open. still: (T,) in 0..1, how silent it is, when the mouth is free."""
    shapes = np.stack([table.get(name, np.zeros(len(ARKIT_NAMES))) for name in EMOTIONS])
    total = np.maximum(intensities.sum(1, keepdims=True), 1.0)
    calm = gaussian_filter1d(intensities / total, SETTLED * fps, axis=0, mode="nearest")
    weights = calm @ shapes
    weights[:, LOWER] *= ((1 - shut) * (TINT + (1 - TINT) * still))[:, None]
    return weights


def _named(name: str) -> int:
    plain = name.strip().lower()
    plain = OTHER_NAMES.get(plain, plain)
    if plain not in EMOTIONS:
        raise Refusal("bad-emotion", f"{name.strip()!r} is no emotion.", f"Choose of {', '.join(EMOTIONS)}.")
    return EMOTIONS.index(plain)


def _amount(text: str, where: str, most: float = 1.0) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not 0 <= value <= most:
        raise Refusal("bad-emotion", f"{text!r} ({where}) is not between 0 and {most:g}.", CURE)
    return value
