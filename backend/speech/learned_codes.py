"""FLAME's codes of a recording by the published network of speech, for recordings of any length."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from backend.errors import Progress, Refusal, silent
from backend.networks.speech_codes import EXPRESSION, FPS, JAW, LABELS, STYLE, WINDOW, SpeechCodes
from backend.speech.sound import RATE

BATCH = 128
"""Windows that are heard at a time."""

SPAN = 900
"""Frames that one style is taken from: the network was trained on clips of seconds, and looks at each pair of frames.
In a longer recording the style goes evenly from that of each span to that of the next."""

SMOOTHED = 3
"""Frames of the mean that the authors take of all codes."""

INTENSITY = 0.8
USUAL = ("NEU", "ANG", "HAP", "SAD", "DIS", "FEA")
INTENSITIES = (("HAP", 1.0), ("HAP", 0.5), ("HAP", 0.25), ("FEA", 0.25), ("FEA", 0.5), ("FEA", 1.0))
"""What the published modes show beside each other."""


@dataclass(frozen=True)
class Take:
    """One way in which a recording is acted. name: what tells it from others of the same run, "" for the only one.
    label: one of LABELS, None for what the voice says, "" for no emotion. fused: the emotion leaves the lips to the
    speech."""

    name: str
    label: str | None
    intensity: float = INTENSITY
    fused: bool = False


@dataclass(frozen=True)
class Spoken:
    """neutral: (T, 56) codes in -1..1. felt: (T, 7) what the voice says of LABELS."""

    neutral: Tensor
    felt: Tensor


def takes(mode: str) -> list[Take]:
    """What a mode asks for: audio, none, emo-cls, emo-ist, aud-cls=LABEL or aud-cls=LABEL-INTENSITY. Raises Refusal for
    anything else."""
    single = {"audio": None, "none": ""}
    if mode in single:
        return [Take("", single[mode])]
    if mode == "emo-cls":
        return [Take(label, label) for label in USUAL]
    if mode == "emo-ist":
        return [Take(f"{label}-{amount:g}", label, amount) for label, amount in INTENSITIES]
    kind, _, asked = mode.partition("=")
    label, _, number = asked.partition("-")
    try:
        amount = float(number) if number else INTENSITY
    except ValueError:
        amount = -1.0
    if kind != "aud-cls" or label.upper() not in LABELS or not 0 <= amount <= 2:
        raise Refusal(
            "bad-mode",
            f"{mode!r} is no mode of the published network.",
            f"Write audio, none, emo-cls, emo-ist or aud-cls=HAP-0.8 with one of {', '.join(LABELS)}.",
        )
    return [Take("", label.upper(), amount, fused=True)]


def hear(network: SpeechCodes, samples: np.ndarray, progress: Progress = silent) -> Spoken:
    """Neutral codes and emotions of a recording, samples (N,) at RATE: FPS frames per second, one at least."""
    device = next(network.parameters()).device
    count = max(1, round(len(samples) * FPS / RATE))
    heard = []
    with torch.inference_mode():
        for start in range(0, count, BATCH):
            progress(0.9 * start / count, "Listening")
            frames = range(start, min(start + BATCH, count))
            heard.append(network.hear(torch.as_tensor(windows(samples, frames), device=device)))
        found = torch.cat(heard)[None]
        progress(0.9, "Speaking")
        spoken = network.speak(found, _styles(network, found))
        return Spoken(spoken[0].cpu(), network.pred_layer(found)[0].cpu())


def windows(samples: np.ndarray, frames: Sequence[int]) -> np.ndarray:
    """(n, 1066) float32: what frames hear, silence beyond the recording's ends.

    The frame at time t hears what begins 1/30 s before t, nothing before the recording. The authors' program moves on
    by 533 samples a frame, of which 30 are 0.6 ms short of a second: after a minute it would be late by 37 ms.
    """
    step = RATE / FPS
    starts = [round(step * frame) - WINDOW // 2 for frame in frames]
    before, end = max(0, -starts[0]), starts[-1] + WINDOW
    part = np.pad(samples[max(starts[0], 0) : end], (before, max(0, end - len(samples))))
    rows = np.array(starts)[:, None] - starts[0] + np.arange(WINDOW)
    return part[rows].astype(np.float32)


def act(network: SpeechCodes, spoken: Spoken, take: Take) -> Tensor:
    """(T, 56) codes in -1..1 with the emotion of a take."""
    if take.label == "":
        return spoken.neutral
    device = next(network.parameters()).device
    logits = spoken.felt if take.label is None else emphasised(spoken.felt, take.label, take.intensity)
    with torch.inference_mode():
        return network.act(spoken.neutral[None].to(device), logits[None].to(device))[0].cpu()


def emphasised(felt: Tensor, label: str, intensity: float) -> Tensor:
    """(T, 7) logits: what a voice says of its emotions changes, without its mean, and more of one of them."""
    logits = felt - felt.mean(0) - intensity
    logits[:, LABELS.index(label)] += 4 * intensity
    return logits


def measured(codes: Tensor, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expression (T, 50) in standard deviations and the jaw's opening (T,) in radians, of codes (T, 56) in -1..1 whose
    ends stand for low and high (56,), smoothed over SMOOTHED frames. The head's turn and the jaw's to the sides are
    left out, as the authors do."""
    padded = np.pad(codes.numpy(), ((SMOOTHED // 2, SMOOTHED // 2), (0, 0)), mode="edge")
    smooth = np.lib.stride_tricks.sliding_window_view(padded, SMOOTHED, 0).mean(-1)
    real = (low + (smooth + 1) / 2 * (high - low)).astype(np.float32)
    return real[:, :EXPRESSION], real[:, JAW]


def _styles(network: SpeechCodes, heard: Tensor) -> Tensor:
    """(1, T, 64) of what was heard (1, T, 128)."""
    count = heard.shape[1]
    spans = max(1, -(-count // SPAN))
    edges = np.linspace(0, count, spans + 1).round().astype(int)
    styles = torch.cat([network.style_layer(heard[:, a:b]) for a, b in itertools.pairwise(edges)])
    middles, told = (edges[:-1] + edges[1:]) / 2, styles.cpu().numpy()
    curves = [np.interp(np.arange(count), middles, told[:, at]) for at in range(STYLE)]
    return torch.as_tensor(np.stack(curves, 1)[None], dtype=heard.dtype, device=heard.device)
