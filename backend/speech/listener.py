"""The network of speech at work: sound goes in as it comes, probabilities of phones come out a little later.

What training does with PyTorch (backend/networks/phone_net.py) is done here with NumPy, one step after the other: the
answer is the same to the last bit however the sound is cut, and an hour takes no more memory than a second.
"""

from functools import cache
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from backend.errors import Refusal
from backend.networks.phone_layout import LABELS, SEEN, STRIDE
from backend.speech.log_mel import BANDS, HOP, WINDOW, Level, log_mel
from backend.speech.sound import RATE

WEIGHTS = Path(__file__).parents[1] / "weights" / "speech.safetensors"

BEFORE = WINDOW // 2 - HOP // 2
"""Samples of silence before the sound, which bring the middle of the first frame to that of the first HOP."""

CURE = "Install Facsimile again."


class Listener:
    """Hears one recording. Answers are (n, len(LABELS)) probabilities, one row for each 10 ms from the beginning."""

    def __init__(self, arrays: dict[str, np.ndarray], dilations: tuple[int, ...], delay: int) -> None:
        """arrays: by the names that PhoneNet has for them. delay: frames by which answers come later."""
        self._arrays = arrays
        self._dilations = dilations
        self._waiting = delay
        self._delay = delay
        self._samples = np.zeros(BEFORE, np.float32)
        self._bands = np.zeros((SEEN - STRIDE, BANDS), np.float32)
        self._level = Level()
        width = len(arrays["scale"])
        self._past = [np.zeros((2 * dilation, width), np.float32) for dilation in dilations]
        self._heard = self._given = 0

    def hear(self, samples: np.ndarray) -> np.ndarray:
        """The next samples (N,) float32 at RATE, any number; answers that are ready."""
        self._heard += len(samples)
        return self._advance(samples)

    def end(self) -> np.ndarray:
        """The answers that are still owed: there are as many in all as HOPs that were begun."""
        wanted = -(-self._heard // HOP) - self._given
        return self._advance(np.zeros((self._delay + STRIDE) * HOP + WINDOW, np.float32))[:wanted]

    @property
    def latency(self) -> float:
        """Seconds from the middle of a frame to the end of the last sample that its answer may wait for."""
        return ((self._delay + STRIDE - 1) * HOP + WINDOW / 2) / RATE

    def _advance(self, samples: np.ndarray) -> np.ndarray:
        held = np.concatenate([self._samples, samples.astype(np.float32, copy=False)])
        size = STRIDE
        count = max(0, (len(held) - WINDOW) // HOP + 1) // size
        answers = []
        for at in range(count):
            first = at * size * HOP
            part = held[first : first + (size - 1) * HOP + WINDOW]
            answers.append(self._step(np.lib.stride_tricks.sliding_window_view(part, WINDOW)[::HOP]))
        self._samples = held[count * size * HOP :].copy()
        ready = np.concatenate(answers) if answers else np.zeros((0, len(LABELS)), np.float32)
        skipped = min(self._waiting, len(ready))
        self._waiting -= skipped
        self._given += len(ready) - skipped
        return ready[skipped:]

    def _step(self, frames: np.ndarray) -> np.ndarray:
        """Probabilities (STRIDE, labels) of frames (STRIDE, WINDOW)."""
        arrays = self._arrays
        bands = np.stack([self._level.removed(one) for one in log_mel(frames)])
        seen = np.concatenate([self._bands, bands])
        self._bands = seen[-(SEEN - STRIDE) :]
        hidden = seen.ravel() @ arrays["entry.weight"] + arrays["entry.bias"]
        for number, dilation in enumerate(self._dilations):
            name, past = f"blocks.{number}", self._past[number]
            now = normalised(hidden) * arrays[f"{name}.scale"]
            taps = np.concatenate([past[0], past[dilation], now])
            self._past[number] = np.concatenate([past[1:], now[None]])
            inner = np.maximum(taps @ arrays[f"{name}.taps.weight"] + arrays[f"{name}.taps.bias"], 0)
            hidden = hidden + inner @ arrays[f"{name}.mix.weight"] + arrays[f"{name}.mix.bias"]
        logits = (normalised(hidden) * arrays["scale"]) @ arrays["answer.weight"] + arrays["answer.bias"]
        logits = logits.reshape(STRIDE, len(LABELS))
        odds = np.exp(logits - logits.max(1, keepdims=True))
        return odds / odds.sum(1, keepdims=True)


def normalised(hidden: np.ndarray) -> np.ndarray:
    """A vector over its root mean square."""
    return hidden / np.sqrt(hidden @ hidden / len(hidden) + np.float32(1e-6))


@cache
def _loaded(path: Path) -> tuple[dict[str, np.ndarray], tuple[int, ...], int]:
    try:
        with safe_open(path, framework="np") as file:
            about = file.metadata() or {}
            dilations, width = tuple(map(int, about["dilations"].split())), int(about["width"])
            delay, phones = int(about["delay"]), int(about["phones"])
            wanted = shapes(width, len(dilations))
            arrays = {name: file.get_tensor(name) for name in wanted}
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise Refusal("bad-weights", f"The network of speech in {path.name} cannot be read.", CURE) from error
    if phones != len(LABELS) or any(arrays[name].shape != shape for name, shape in wanted.items()):
        raise Refusal("bad-weights", f"The network of speech in {path.name} is of another version.", CURE)
    # In use, rows are multiplied from the left.
    ready = {
        name: np.ascontiguousarray(one.T if name.endswith("weight") else one, np.float32)
        for name, one in arrays.items()
    }
    return ready, dilations, delay


def shapes(width: int, blocks: int) -> dict[str, tuple[int, ...]]:
    """Of all that the network has learnt, by name."""
    own: dict[str, tuple[int, ...]] = {
        "entry.weight": (width, SEEN * BANDS),
        "entry.bias": (width,),
        "scale": (width,),
        "answer.weight": (STRIDE * len(LABELS), width),
        "answer.bias": (STRIDE * len(LABELS),),
        "follows": (len(LABELS), len(LABELS)),
    }
    for number in range(blocks):
        own |= {
            f"blocks.{number}.scale": (width,),
            f"blocks.{number}.taps.weight": (width, 3 * width),
            f"blocks.{number}.taps.bias": (width,),
            f"blocks.{number}.mix.weight": (width, width),
            f"blocks.{number}.mix.bias": (width,),
        }
    return own


def listener(path: Path = WEIGHTS) -> Listener:
    """One that has heard nothing yet. Raises Refusal where the weights are damaged."""
    return Listener(*_loaded(path))


def transitions(path: Path = WEIGHTS) -> np.ndarray:
    """(K, K): how often a phone (row) is followed by another in what the network has heard."""
    return _loaded(path)[0]["follows"]
