"""A first guess of identity and expression from landmarks alone, learnt on pictures of people who were drawn; see
weights/face_start.md."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from backend.channels import ARKIT_NAMES
from backend.cloning.landmark_map import canonical_landmarks
from backend.geometry.similarity import apply_transform, fit_similarity

WEIGHTS = Path(__file__).parents[1] / "weights" / "face_start.safetensors"

STEADY, MOVING = 1.0, 0.15
"""Weights of landmarks above and below the nose in placing a face: the jaw moves."""

BELOW = -0.005
VIEW = 10.0
"""Metres, canonical: where the nose ends. What the line of sight counts beside millimetres."""


def placed(landmarks: np.ndarray) -> np.ndarray:
    """(F, 1437) what the network sees of landmarks (F, 478, 3), the detector's, pixels: brought to the canonical head
    by a similarity, millimetres from there, and the direction from which the face was seen."""
    points = canonical_landmarks().astype(np.float64)
    weights = np.where(points[:, 1] > BELOW, STEADY, MOVING)
    weights[468:] = 0
    rows = []
    for face in np.asarray(landmarks, np.float64):
        upright = face * [1, -1, -1]
        matrix = fit_similarity(upright, points, weights)
        moved = (apply_transform(matrix, upright) - points) * 1e3
        sight = matrix[:3, 2] / np.linalg.norm(matrix[:3, 2])
        rows.append(np.concatenate([moved.ravel(), VIEW * sight]))
    return np.stack(rows)


@dataclass(frozen=True)
class LearnedStart:
    """Two small networks. arrays: as train_start wrote them."""

    arrays: dict[str, np.ndarray]

    def neutral(self, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """From rows (F, 1437) of placed(): identity codes (F, I) of the open head, and what the network makes of each
        face at rest (F, R), which are both the same for all pictures of a person but for errors: take means."""
        result = self._run("who", self._features(seen))
        count = int(self.arrays["modes"][0])
        return result[:, :count], result[:, count:]

    def expression(self, seen: np.ndarray, rest: np.ndarray) -> np.ndarray:
        """(F, 52) weights of ARKIT_NAMES in rows (F, 1437) of a person whose face at rest is rest (R,)."""
        features = self._features(seen)
        inputs = np.concatenate([features, np.broadcast_to(rest, (len(features), len(rest)))], axis=1)
        return np.clip(self._run("what", inputs), 0, 1)

    def _features(self, seen: np.ndarray) -> np.ndarray:
        return np.clip((seen - self.arrays["middle"]) @ self.arrays["basis"], -5, 5)

    def _run(self, name: str, inputs: np.ndarray) -> np.ndarray:
        arrays = self.arrays
        hidden = inputs
        for layer in range(2):
            hidden = hidden @ arrays[f"{name}.{layer}.weight"].T + arrays[f"{name}.{layer}.bias"]
            hidden = np.maximum(hidden, 0.1 * hidden)
        return (
            hidden @ arrays[f"{name}.2.weight"].T + inputs @ arrays[f"{name}.skip.weight"].T + arrays[f"{name}.2.bias"]
        )


@cache
def load_start(path: Path = WEIGHTS) -> LearnedStart:
    """The trained one. Raises ValueError for weights of another version."""
    arrays = {name: value.astype(np.float32) for name, value in load_file(path).items()}
    if arrays["what.2.bias"].shape != (len(ARKIT_NAMES),):
        raise ValueError(f"{path.name} was made for another version of this program")
    return LearnedStart(arrays)
