"""What the two heads perform: every ARKit shape in turn, then a little acting."""

from pathlib import Path

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.performance import performance, write_npz

FPS = 24.0
STAGGER = 5
"""Frames from the start of one shape to the start of the next."""

PULSE = 11
"""Frames that a shape takes to come and go."""

TOGETHER = {"mouthClose": ("jawOpen", 1.0), "tongueOut": ("jawOpen", 0.5)}
"""Shapes that mean nothing alone, with what they are shown on and how strong that is."""

ACTING = (
    (0.0, {}),
    (0.5, {"eyeWide": 0.8, "browInnerUp": 0.9, "browOuterUp": 0.7, "jawOpen": 0.55}),
    (1.0, {"eyeWide": 0.8, "browInnerUp": 0.9, "browOuterUp": 0.7, "jawOpen": 0.55}),
    (1.15, {"eyeBlink": 1.0, "mouthSmile": 0.4}),
    (1.3, {"mouthSmile": 0.9, "cheekSquint": 0.7, "eyeSquint": 0.4, "mouthUpperUp": 0.3}),
    (2.1, {"mouthSmile": 0.9, "cheekSquint": 0.7, "eyeSquint": 0.4, "mouthUpperUp": 0.3}),
    (2.5, {"browDown": 0.9, "noseSneer": 0.7, "mouthFrown": 0.8, "mouthPress": 0.5}),
    (3.1, {"browDown": 0.9, "noseSneer": 0.7, "mouthFrown": 0.8, "mouthPress": 0.5}),
    (3.35, {"eyeBlink": 1.0, "mouthPucker": 0.4}),
    (3.6, {"mouthPucker": 1.0}),
    (4.2, {}),
)
"""Seconds and weights; a name without a side stands for both sides."""


def frames() -> int:
    """Length of the routine."""
    return acting_start() + round(ACTING[-1][0] * FPS) + 1


def acting_start() -> int:
    """The frame, from zero, where the shapes have all been shown."""
    return STAGGER * (len(ARKIT_NAMES) - 1) + PULSE + 3


def shown(frame: int) -> str:
    """Name of the shape that is strongest at a frame, counted from zero; empty while the heads act."""
    number = round((frame - PULSE / 2) / STAGGER)
    return ARKIT_NAMES[min(max(number, 0), len(ARKIT_NAMES) - 1)] if frame < acting_start() - 2 else ""


def weights() -> np.ndarray:
    """(T, 52) float32 of ARKIT_NAMES, one row per frame."""
    rows = np.zeros((frames(), len(ARKIT_NAMES)), np.float32)
    pulse = np.sin(np.pi * np.arange(PULSE + 1) / PULSE).astype(np.float32) ** 2
    for number, name in enumerate(ARKIT_NAMES):
        span = slice(number * STAGGER, number * STAGGER + PULSE + 1)
        rows[span, number] = np.maximum(rows[span, number], pulse)
        if name in TOGETHER:
            other, strength = TOGETHER[name]
            column = ARKIT_NAMES.index(other)
            rows[span, column] = np.maximum(rows[span, column], strength * pulse)
    times = np.arange(frames() - acting_start()) / FPS
    for number, name in enumerate(ARKIT_NAMES):
        both = name.removesuffix("Left").removesuffix("Right")
        poses = [pose.get(both, pose.get(name, 0.0)) for _, pose in ACTING]
        rows[acting_start() :, number] = np.interp(times, [time for time, _ in ACTING], poses)
    return rows


def write(path: Path) -> None:
    """Write the routine as a Performance, .npz."""
    write_npz(path, performance(ARKIT_NAMES, weights(), FPS, source="every shape in turn, then a little acting"))
