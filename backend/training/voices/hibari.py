"""Recordings by Hibari, a small English synthesiser (Apache-2.0) that sounds like a person, and by people made of it.

    pip install hibari-tts
    python -m backend.training.voices.hibari --text en.txt --out recordings [--first 9000] [--count 4200]

Three of four clips have another pitch, melody and length of the throat; NAME.wav comes with what is said in NAME.txt,
for backend.training.spoken_clips to align. The package is no part of Facsimile and needed for nothing else.
"""

import argparse
import wave
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from backend.errors import Refusal
from backend.speech.sound import RATE

SHORTEST = 25
"""Characters of a sentence."""


def stretched(spectrum: np.ndarray, factor: float) -> np.ndarray:
    """Logarithms (B, T) of a spectrum with its formants higher by a factor."""
    places = np.arange(len(spectrum)) / factor
    low = np.clip(places.astype(int), 0, len(spectrum) - 2)
    share = np.clip(places - low, 0, 1)[:, None].astype(np.float32)
    return (spectrum[low] * (1 - share) + spectrum[low + 1] * share).astype(np.float32)


def say(synthesiser: Any, text: str, number: int) -> np.ndarray:
    """(N,) float32 at RATE: sentence number `number`, by the voice itself where that is a multiple of four."""
    random = np.random.default_rng([11, number])
    pace, changed = float(random.uniform(0.85, 1.4)), number % 4 != 0
    throat = float(random.uniform(0.82, 1.18)) if changed else 1.0
    height = float(np.exp(random.uniform(np.log(0.45), np.log(1.35)))) if changed else 1.0
    tilt = float(random.normal(0, 0.4)) if changed else 0.0
    parts = []
    for phonemes in synthesiser.phonemize(text):
        given = synthesiser.ids(phonemes)
        if len(given) < 3:
            continue
        inputs = {"ids": np.asarray([given], np.int64), "speed": np.asarray([pace], np.float32)}
        voiced, turn, noise, rest, phase, pitch = (one[0] for one in synthesiser.sess.run(None, inputs))
        if changed:
            voiced, noise, rest = (stretched(one, throat) for one in (voiced, noise, rest))
            voiced = voiced + (tilt * np.linspace(1, -1, len(voiced))[:, None]).astype(np.float32)
            middle = pitch[pitch > 40].mean() if (pitch > 40).any() else 200
            melody = (middle + (pitch - middle) * float(random.uniform(0.6, 1.5))) * height
            pitch = np.where(pitch > 40, np.maximum(50, melody), pitch).astype(np.float32)
        parts.append(import_module("hibari.dsp").synth(voiced, turn, noise, rest, phase, pitch, random))
    if not parts:
        return np.zeros(0, np.float32)
    sound = resample_poly(np.concatenate(parts), 2, 3)
    return sound / max(1e-3, float(np.abs(sound).max())) * 0.6


def main() -> None:
    """Says the sentences of a file, one on each line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=9000)
    parser.add_argument("--count", type=int, default=4200)
    options = parser.parse_args()
    try:
        synthesiser = import_module("hibari").Hibari(threads=1)
    except ImportError as error:
        raise Refusal(
            "no-voice", "The package hibari-tts is not installed.", "Install it to make recordings."
        ) from error
    lines = [line for line in options.text.read_text(encoding="utf-8").splitlines() if len(line) > SHORTEST]
    options.out.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(lines[options.first :][: options.count]):
        sound = say(synthesiser, text, number)
        if len(sound):
            path = options.out / f"{'morph' if number % 4 else 'heart'}{number:05d}.wav"
            with wave.open(str(path), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(RATE)
                file.writeframes((sound * 32767).astype("<i2").tobytes())
            path.with_suffix(".txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
