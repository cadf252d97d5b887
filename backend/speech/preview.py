"""The open head speaking, as a film with its sound."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from backend.channels import ARKIT_NAMES
from backend.errors import Progress, silent
from backend.faces.open_head import open_head_mesh
from backend.fitting.character import key_displacements
from backend.imaging.portraits import portrait, sitter
from backend.imaging.write_film import write_film
from backend.performance import Performance
from backend.speech.sound import RATE

FPS, SIZE, YAW = 30.0, 400, 12.0
"""Frames per second, pixels, and degrees that the head is turned by."""

PAPER = 60
"""Grey behind the head."""

PIVOT = np.array([0.0, -0.07, -0.02])
"""Metres: where the head turns on the neck."""


def write_preview(
    path: Path, motion: Performance, samples: np.ndarray, size: int = SIZE, progress: Progress = silent
) -> None:
    """Draws a performance of ARKIT_NAMES on the open head, with samples (N,) of its sound at RATE."""
    write_film(path, _frames(motion, size, progress), FPS, sound=samples, sound_rate=RATE)


def _frames(motion: Performance, size: int, progress: Progress) -> Iterator[np.ndarray]:
    mesh = open_head_mesh()
    deltas = key_displacements(np.zeros(1))
    weights = motion.named(ARKIT_NAMES).weights
    lengths = np.linalg.norm(deltas, axis=2)
    reach = (lengths / lengths.max(axis=1, keepdims=True)).max(0)
    face = sitter(mesh.vertices, mesh.triangles, reach, YAW)
    rest = mesh.vertices[face.chosen]
    moves = deltas[:, face.chosen]
    count = max(1, round(motion.duration * FPS))
    for number in range(count):
        frame = min(round(number / FPS * motion.fps), len(weights) - 1)
        turn = Rotation.from_rotvec(motion.head[frame, :3])
        posed = turn.apply(rest + np.tensordot(weights[frame], moves, 1) - PIVOT) + PIVOT
        drawn = portrait(face, size, posed - rest).astype(np.float32)
        opaque = drawn[..., 3:] / 255
        yield (drawn[..., :3] * opaque + PAPER * (1 - opaque)).round().astype(np.uint8)
        progress((number + 1) / count, "Drawing the preview")
