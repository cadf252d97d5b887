"""Random styles: bends a realistic head into a character - big eyes, wide mouths, snouts, tall skulls, asymmetry."""

from dataclasses import dataclass

import numpy as np

LEFT_EYE = np.array([0.034, 0.025, 0.075])
MOUTH = np.array([0.0, -0.033, 0.1])
NOSE = np.array([0.0, 0.0, 0.115])
MUZZLE = np.array([0.0, -0.02, 0.1])
CROWN = 0.06
CHIN = -0.075
"""Places on the canonical head, metres."""


@dataclass(frozen=True)
class Swelling:
    """Space scaled by `scale` (3,) and moved by `shift` (3,) about `centre`, fading out over `radius` metres."""

    centre: np.ndarray
    radius: float
    scale: np.ndarray
    shift: np.ndarray

    def apply(self, points: np.ndarray) -> np.ndarray:
        """points (n, 3) bent."""
        offset = points - self.centre
        fade = np.exp(-0.5 * (offset**2).sum(1) / self.radius**2)[:, None]
        return points + fade * (offset * (self.scale - 1.0) + self.shift)


def random_style(random: np.random.Generator) -> list[Swelling]:
    """A list of swellings to apply in order; empty for one head in five, which stays realistic."""
    strength = random.choice([0.0, 0.4, 0.8, 1.2, 1.7], p=[0.2, 0.25, 0.25, 0.2, 0.1])
    if strength == 0.0:
        return []
    style = [_features(random, strength), _skull(random, strength)]
    if random.uniform() < 0.25 * strength:
        length = random.uniform(0.01, 0.05)
        style.append([Swelling(MUZZLE, random.uniform(0.025, 0.045), np.ones(3), np.array([0, -0.3 * length, length]))])
    style.append(_bumps(random, strength))
    return [swelling for group in style for swelling in group]


def apply_style(points: np.ndarray, style: list[Swelling]) -> np.ndarray:
    """points (n, 3), canonical frame, bent by every swelling in turn."""
    for swelling in style:
        points = swelling.apply(points)
    return points


def _features(random: np.random.Generator, strength: float) -> list[Swelling]:
    def scale(spread: float) -> np.ndarray:
        return np.exp(strength * spread * (random.standard_normal(3) * [0.4, 0.4, 0.2] + random.standard_normal()))

    eye_scale, eye_shift = scale(0.3), strength * random.normal(0, [0.004, 0.006, 0.003])
    swellings = []
    for side in (1.0, -1.0):
        flip = np.array([side, 1, 1])
        uneven = np.exp(strength * random.normal(0, 0.04, 3))
        swellings.append(Swelling(LEFT_EYE * flip, random.uniform(0.016, 0.024), eye_scale * uneven, eye_shift * flip))
    mouth_shift = strength * random.normal(0, [0.001, 0.006, 0.004])
    nose_shift = strength * random.normal(0, [0.001, 0.006, 0.006])
    return [
        *swellings,
        Swelling(MOUTH, random.uniform(0.022, 0.035), scale(0.25), mouth_shift),
        Swelling(NOSE, random.uniform(0.014, 0.022), scale(0.3), nose_shift),
    ]


def _skull(random: np.random.Generator, strength: float) -> list[Swelling]:
    whole = np.exp(strength * random.normal(0, [0.1, 0.1, 0.08]))
    return [
        Swelling(np.zeros(3), 1.0, whole, np.zeros(3)),
        Swelling(np.array([0, CROWN, 0]), 0.08, np.exp(strength * random.normal(0, 0.12, 3)), np.zeros(3)),
        Swelling(
            np.array([0, CHIN, 0.07]),
            0.04,
            np.exp(strength * random.normal(0, 0.15, 3)),
            strength * random.normal(0, [0.001, 0.008, 0.006]),
        ),
    ]


def _bumps(random: np.random.Generator, strength: float) -> list[Swelling]:
    """Small unsymmetrical bends anywhere on the head."""
    return [
        Swelling(
            random.uniform([-0.09, -0.12, -0.08], [0.09, 0.13, 0.12]),
            random.uniform(0.02, 0.05),
            np.ones(3),
            strength * random.normal(0, 0.004, 3),
        )
        for _ in range(8)
    ]
