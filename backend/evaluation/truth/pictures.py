"""What is photographed: people, expressions, poses, lenses and lights of a set, drawn with a seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from backend.evaluation.truth.heads import TruthHead
from backend.evaluation.truth.paint import dressed, paint
from backend.performance import Performance

LENSES = tuple(np.geomspace(24, 135, 16).round().astype(int).tolist())
"""Millimetres on film that is FILM wide."""

FILM, SIZE, FACE = 36.0, 384, 0.17
"""Millimetres; pixels of a side; metres that a face is high."""

MIDDLE = np.array([0.0, 0.0, 0.06])
"""Canonical metres: what the camera looks at."""

LIGHTS = ("soft", "side", "hard")


@dataclass(frozen=True)
class Shot:
    """F frames of a head. motion: what it does. rotation: (F, 3, 3) and translation: (F, 3) from the canonical frame to
    the camera's, which looks along -z. focal: picture widths. light: one of LIGHTS. hair: whether it has some."""

    name: str
    head: TruthHead
    motion: Performance
    rotation: np.ndarray
    translation: np.ndarray
    focal: float
    light: str
    hair: bool


def still(head: TruthHead, name: str, motion: Performance, number: int, random: np.random.Generator) -> Shot:
    """A photograph. number: chooses lens, light and hair."""
    angles = np.clip(random.normal(0, [8, 18, 6]), [-18, -40, -15], [18, 40, 15])
    focal = LENSES[number % len(LENSES)] / FILM
    rotation = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    share = random.uniform(0.45, 0.65)
    aim = np.array([*random.uniform(-0.02, 0.02, 2), -FACE * focal / share])
    light = LIGHTS[number % 3]
    return Shot(name, head, motion, rotation[None], (aim - rotation @ MIDDLE)[None], focal, light, number % 2 == 0)


def clip(head: TruthHead, name: str, motion: Performance, number: int, random: np.random.Generator) -> Shot:
    """A film of a head that turns slowly while it acts."""
    time = np.arange(len(motion.weights)) / motion.fps
    phases, speeds = random.uniform(0, 2 * np.pi, (2, 6)), random.uniform(0.15, 0.5, (2, 6))
    sway = np.sin(2 * np.pi * speeds[:, :, None] * time + phases[:, :, None]).mean(0)
    rotation = Rotation.from_euler("xyz", (sway[:3] * [[6], [16], [5]]).T, degrees=True).as_matrix()
    focal = LENSES[number % len(LENSES)] / FILM
    aim = sway[3:].T * [0.015, 0.01, 0.03] + [0, 0, -FACE * focal / 0.55]
    return Shot(name, head, motion, rotation, aim - rotation @ MIDDLE, focal, LIGHTS[number % 3], True)


def photographs(
    people: Sequence[TruthHead], acting: Performance, each: int, random: np.random.Generator
) -> Iterator[Shot]:
    """Stills of people, so many of each, who do what is done in frames of acting, at random strength."""
    for number, head in enumerate(people):
        for picture in range(each):
            frame = int(random.integers(len(acting.weights)))
            doing = acting.part(frame, frame + 1)
            weaker = doing.weights * random.uniform(0.2, 1.0)
            doing = Performance(doing.names, weaker, doing.fps, doing.head, doing.gaze, doing.torsion, doing.confidence)
            yield still(head, f"{head.name} {picture}".replace(" ", "_"), doing, each * number + picture, random)


def scene(shot: Shot, first: int, end: int, seed: int) -> dict[str, np.ndarray]:
    """The arrays that demonstration.cycles draws, of the frames from first up to end. seed: of looks and lamps."""
    random = np.random.default_rng(seed)
    looks = paint(shot.head, random, shot.hair)
    vertices, normals = dressed(shot.head, looks, shot.head.posed(shot.motion.part(first, end)))
    turned = np.transpose(shot.rotation[first:end], (0, 2, 1)).astype(np.float32)
    return {
        "vertices": vertices @ turned + shot.translation[first:end, None].astype(np.float32),
        "normals": normals @ turned,
        "triangles": looks.triangles,
        "colours": looks.colours.astype(np.float32),
        "roughness": looks.roughness.astype(np.float32),
        "lights": lamps(shot, random).astype(np.float32),
        "backdrop": (random.uniform(0.05, 0.5) * random.uniform(0.7, 1.0, 3)).astype(np.float32),
        "focal": np.full(len(vertices), shot.focal),
        "size": np.array(SIZE),
    }


def lamps(shot: Shot, random: np.random.Generator) -> np.ndarray:
    """(L, 8) place, the face's place, watts and size of lamps around a face, in the camera's frame."""
    face = shot.rotation[0] @ MIDDLE + shot.translation[0]
    side = random.choice([-1.0, 1.0])
    kinds = {
        "soft": [([0.7 * side, 0.6, 0.9], 14, 0.9), ([-0.8 * side, 0.2, 0.8], 6, 0.9)],
        "side": [([1.1 * side, 0.3, 0.35], 16, 0.5), ([-0.6 * side, 0.1, 1.0], 2.5, 0.8)],
        "hard": [([0.4 * side, 0.7, 0.8], 13, 0.06), ([-0.5 * side, 0.5, -0.8], 8, 0.3)],
    }
    rows = [[*(face + place), *face, watts, size] for place, watts, size in kinds[shot.light]]
    return np.array(rows) * [1, 1, 1, 1, 1, 1, random.uniform(0.7, 1.3), 1]
