"""Clips whose codes are known: random combinations of few channels, and what people performed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from backend.channels import convert_weights
from backend.frames import Frames, frames_from_array
from backend.live_link import read_live_link

FPS = 60.0
MOST = 5
"""Channels that a random combination shows at most."""


def sparse_codes(count: int, channels: int, weakest: float, random: np.random.Generator) -> np.ndarray:
    """(count, channels) float32: in every frame one to MOST channels at strengths from `weakest` to 1."""
    codes = np.zeros((count, channels), np.float32)
    for row in codes:
        shown = random.choice(channels, min(channels, int(random.integers(1, MOST + 1))), replace=False)
        row[shown] = random.uniform(weakest, 1.0, len(shown))
    return codes


def acted_codes(recordings: Sequence[Path], names: tuple[str, ...], count: int) -> np.ndarray:
    """(len(recordings) * count, len(names)) float32 in 0..1: frames of Live Link Face recordings, evenly spaced over
    each. Raises Refusal as read_live_link does."""
    chosen = []
    for path in recordings:
        motion = read_live_link(path)
        at = np.linspace(0, len(motion.weights) - 1, count).astype(int)
        chosen.append(convert_weights(motion.weights[at], motion.names, names))
    return np.clip(np.concatenate(chosen), 0.0, 1.0)


@dataclass(frozen=True)
class HeadMotion:
    """rotations: (T, 3, 3). translations: (T, 3)."""

    rotations: np.ndarray
    translations: np.ndarray


def nodding(count: int, metre: float) -> HeadMotion:
    """A head that nods by 14 degrees, turns by 23 and sways by 20 cm. metre: in the units of the mesh."""
    phase = np.linspace(0, 2 * np.pi, count)
    turns = np.stack([0.25 * np.sin(3 * phase + 1), 0.4 * np.sin(2 * phase + 2), 0.1 * np.sin(5 * phase)], axis=1)
    sway = np.stack([np.sin(phase), np.cos(2 * phase), np.sin(3 * phase)], axis=1)
    return HeadMotion(Rotation.from_rotvec(turns).as_matrix(), 0.2 * metre * sway)


def animated(neutral: np.ndarray, keys: np.ndarray, codes: np.ndarray, head: HeadMotion | None = None) -> Frames:
    """A clip of neutral vertices (N, 3) under keys (K, N, 3) with codes (T, K), and then the head's motion."""
    frames = neutral + np.tensordot(codes, keys, axes=1)
    if head is not None:
        frames = frames @ head.rotations.swapaxes(1, 2) + head.translations[:, None]
    return frames_from_array(frames.astype(np.float32), FPS)
