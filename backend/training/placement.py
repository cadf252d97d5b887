"""How a training head is presented: aligned as well or as badly as a stranger's head would be."""

import numpy as np
import torch

from backend.cloning.landmark_map import RIMS
from backend.cloning.warp import thin_plate_warp
from backend.geometry.similarity import apply_transform, fit_similarity
from backend.networks.cloning_net import CloningInput
from backend.training.synthesise import TrainingHead

KNOWN_SHARE = 0.7
"""Share of heads that come with landmarks; the others teach the network to find the canonical head by itself."""
EYE_CENTRES = 468
"""Landmarks from this number on are irises, which the skin does not carry."""
WARPED_LANDMARKS = 3
"""Every third landmark makes the warp in training, for speed; the spline is smoother than their spacing."""
RIMS_SHARE = 0.3
"""Share of the heads with landmarks of which only lids and lips are known, as where a face is found by its openings."""


def place(head: TrainingHead, canonical_landmarks: np.ndarray, random: np.random.Generator) -> CloningInput:
    """The head under a random similarity, as the network sees it. canonical_landmarks: (478, 3)."""
    known = bool(random.uniform() < KNOWN_SHARE)
    if known:
        rims_only = random.uniform() < RIMS_SHARE
        chosen = RIMS if rims_only else np.arange(EYE_CENTRES)
        seen = head.landmarks[chosen] + _landmark_noise(head.landmarks[chosen], random)
        goals = canonical_landmarks[chosen]
        matrix = jitter(random, 0.03, 0.02, 0.002) @ fit_similarity(seen, goals)
        aligned = apply_transform(matrix, head.vertices)
        every = slice(None) if rims_only else slice(random.integers(WARPED_LANDMARKS), None, WARPED_LANDMARKS)
        warped = thin_plate_warp(aligned, apply_transform(matrix, seen)[every], goals[every])
    else:
        spread = random.choice([0.3, 1.0])
        matrix = jitter(random, 0.35 * spread, 0.2 * spread, 0.025 * spread)
        aligned = warped = apply_transform(matrix, head.vertices)
    rotation = matrix[:3, :3] / np.cbrt(np.linalg.det(matrix[:3, :3]))
    tensors = (aligned, warped, head.operators.normals @ rotation.T)
    return CloningInput(*(torch.from_numpy(np.ascontiguousarray(a, np.float32)) for a in tensors), known=known)


def jitter(random: np.random.Generator, angle: float, scale: float, shift: float) -> np.ndarray:
    """(4, 4): a random similarity about the canonical head's centre. angle: radians, scale: log, shift: metres,
    each the standard deviation of a normal distribution."""
    axis = random.standard_normal(3)
    axis *= random.normal(0, angle) / np.linalg.norm(axis)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    theta = np.linalg.norm(axis) + 1e-12
    rotation = np.eye(3) + np.sin(theta) / theta * cross + (1 - np.cos(theta)) / theta**2 * (cross @ cross)
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * np.exp(random.normal(0, scale))
    matrix[:3, 3] = random.normal(0, shift, 3)
    return matrix


def _landmark_noise(landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(p, 3): what a detector gets wrong - a little everywhere, and more that neighbours share."""
    noise = random.normal(0, random.uniform(3e-4, 2e-3), landmarks.shape)
    for _ in range(4):
        centre = landmarks[random.integers(len(landmarks))]
        fade = np.exp(-0.5 * ((landmarks - centre) ** 2).sum(1) / random.uniform(0.01, 0.03) ** 2)
        noise += fade[:, None] * random.normal(0, 2e-3, 3)
    return noise
