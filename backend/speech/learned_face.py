"""FLAME's codes of a recording on a FLAME head: its meshes, and the channels that any character understands."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from backend.channels import ARKIT_NAMES, ICT_NAMES
from backend.faces.flame import JOINTS
from backend.faces.flame_face import JAW, FlameFace
from backend.faces.flame_facs import channels

UPPER_LIP, LOWER_LIP = 13, 14
"""Landmarks of the middle of the lips' rims."""

OPEN = 0.008
"""Metres between the lips, beyond the least of the recording, at which they count as open."""

OF_THE_JAW = ("jaw",)
OF_THE_MOUTH = ("mouth", "cheekPuff", "tongue", *OF_THE_JAW)
"""How channels begin that speech owns."""

CHUNK = 256
"""Frames that are posed at a time."""


@dataclass(frozen=True)
class FlameSpeech:
    """neutral, acted: (T, 50) expressions of the same speech without and with an emotion. jaw, acted_jaw: (T,) radians.
    fused: whether the emotion leaves lips and jaw to the neutral speech."""

    neutral: np.ndarray
    jaw: np.ndarray
    acted: np.ndarray
    acted_jaw: np.ndarray
    fused: bool


def weights(face: FlameFace, speech: FlameSpeech) -> np.ndarray:
    """(T, 52) of ARKIT_NAMES.

    Fused, channels of jaw and mouth are those of neutral speech; what the emotion changes of the mouth's fades out as
    the lips close. The others are those of the emotion.
    """
    acted = channels(face, speech.acted, _rotations(speech.jaw if speech.fused else speech.acted_jaw))
    if not speech.fused:
        return acted
    neutral = channels(face, speech.neutral, _rotations(speech.jaw))
    mouth, jaw = (np.array([name.startswith(one) for name in ARKIT_NAMES]) for one in (OF_THE_MOUTH, OF_THE_JAW))
    shown = np.where(jaw, 0.0, np.where(mouth, openness(face, speech)[:, None], 1.0))
    return (neutral + shown * (acted - neutral)).astype(np.float32)


def meshes(face: FlameFace, speech: FlameSpeech) -> Iterator[np.ndarray]:
    """(n, V, 3) float32, metres, chunk after chunk: the mean head.

    Fused, what the emotion moves is added to the neutral speech, the jaw being the same, and fades out as the lips
    close, as published; here where the mouth moves the skin alone, so that the upper face keeps its emotion.
    """
    if not speech.fused:
        yield from _posed(face, speech.acted, speech.acted_jaw)
        return
    share, shown = mouth_share(face)[:, None], openness(face, speech)
    spoken, felt = (_posed(face, expression, speech.jaw) for expression in (speech.neutral, speech.acted))
    start = 0
    for neutral, acted in zip(spoken, felt, strict=True):
        here = shown[start : start + len(neutral), None, None]
        start += len(neutral)
        yield neutral + (1 - share * (1 - here)) * (acted - neutral)


def openness(face: FlameFace, speech: FlameSpeech) -> np.ndarray:
    """(T,) in 0..1, the square root of how far the lips of the neutral speech are open."""
    gaps = [_gaps(face, part) for part in _posed(face, speech.neutral, speech.jaw)]
    gap = np.concatenate(gaps)
    return np.sqrt(np.clip((gap - gap.min()) / OPEN, 0, 1)).astype(np.float32)


def mouth_share(face: FlameFace) -> np.ndarray:
    """(V,) float32 in 0..1: how much of what the channels do to a vertex those of the mouth do. Where they do more than
    two thirds, it is all."""
    sizes = np.linalg.norm(face.shapes, axis=2)
    mouth = np.array([name.startswith(OF_THE_MOUTH) for name in ICT_NAMES])
    total = sizes.sum(0)
    return np.clip(1.5 * sizes[mouth].sum(0) / np.maximum(total, 1e-9), 0, 1).astype(np.float32)


def _gaps(face: FlameFace, posed: np.ndarray) -> np.ndarray:
    """(T,) metres between the lips of heads (T, V, 3)."""
    upper, lower = (
        np.einsum("tkc,k->tc", posed[:, face.landmark_vertices[at]], face.landmark_weights[at])
        for at in (UPPER_LIP, LOWER_LIP)
    )
    return np.linalg.norm(upper - lower, axis=1)


def _posed(face: FlameFace, expression: np.ndarray, jaw: np.ndarray) -> Iterator[np.ndarray]:
    """(n, V, 3), CHUNK frames at a time, of expressions (T, up to E) and openings (T,)."""
    rotations = _rotations(jaw)
    for start in range(0, len(jaw), CHUNK):
        part = slice(start, start + CHUNK)
        nobody = torch.zeros(len(jaw[part]), 0)
        with torch.inference_mode():
            told = (torch.as_tensor(one[part]) for one in (expression, rotations))
            yield face.layer(nobody, *told).vertices.numpy()


def _rotations(jaw: np.ndarray) -> np.ndarray:
    """(T, 5, 3) of JOINTS."""
    rotations = np.zeros((len(jaw), len(JOINTS), 3), np.float32)
    rotations[:, JAW, 0] = jaw
    return rotations
