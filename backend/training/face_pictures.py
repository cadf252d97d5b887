"""What the landmark detector says of faces whose shape and expression are known: pictures of people of both families,
drawn by the rasteriser, for the learned start of a fit to be trained on.

    python -m backend.training.face_pictures --data CORPUS --recordings CORPUS/dev/motion --out runs/faces
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.spatial.transform import Rotation

from backend.archives import write_arrays
from backend.capture import read_performance
from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.evaluation.truth.heads import Families, TruthHead
from backend.evaluation.truth.paint import Looks, dressed, paint
from backend.evaluation.truth.pictures import FACE, FILM, MIDDLE
from backend.fitting.find_face import find_face
from backend.imaging.landmarks import LandmarkDetector
from backend.imaging.rasteriser import interpolate, rasterise
from backend.performance import performance

SEED = 3_000_017
"""Apart from the seeds of evaluation."""

SIZE, EACH, SHARD = 288, 4, 20
"""Pixels of a side; pictures of a person, the first at rest from the front; people in one file."""

RECORDINGS = ("angry_MySlate_164.csv", "facecap_glb.csv", "sad_MySlate_167.csv", "alex_rom_3.csv")
HELD_BACK = 3500
"""Frame of the last recording from which on evaluation uses it."""


@dataclass(frozen=True)
class Sample:
    """seen: (478, 3) the detector's landmarks, pixels. places: (478, 3) the true ones in the canonical frame, with the
    expression. weights: (52,) of ARKIT_NAMES. rotation: (3, 3), translation: (3,). focal: picture widths."""

    seen: np.ndarray
    places: np.ndarray
    weights: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray
    focal: float


def main() -> None:
    """Writes shard after shard; what is there already stays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--recordings", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0, help="number of the first shard")
    parser.add_argument("--end", type=int, default=100, help="number after the last shard")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    families, acting = Families(options.data), recorded(options.recordings)
    with LandmarkDetector(faces=1) as detector:
        for shard in range(options.first, options.end):
            place = options.out / f"{shard:04}.npz"
            if not place.exists():
                write_shard(place, families, acting, shard, detector)
                print(place, flush=True)


def recorded(folder: Path) -> np.ndarray:
    """(T, 52) weights of ARKIT_NAMES that actors used, without what evaluation uses."""
    clips = [read_performance(folder / name).named(ARKIT_NAMES).weights for name in RECORDINGS]
    return np.clip(np.concatenate([*clips[:-1], clips[-1][:HELD_BACK]]), 0, 1)


def write_shard(place: Path, families: Families, acting: np.ndarray, shard: int, detector: LandmarkDetector) -> None:
    """SHARD people, EACH pictures of each where the face was found."""
    samples: list[Sample] = []
    people, neutrals = [], []
    for number in range(shard * SHARD, (shard + 1) * SHARD):
        random = np.random.default_rng([SEED, number, 1])
        draw = families.ict_person if number % 2 == 0 else families.makehuman_person
        head = draw(number, SEED)
        looks = paint(head, random, hair=bool(random.random() < 0.6), finer=False)
        weights = np.stack([np.zeros(len(ARKIT_NAMES)), *(expression(acting, random) for _ in range(EACH - 1))])
        posed = head.posed(performance(ARKIT_NAMES, weights.astype(np.float32), 30.0))
        for picture in range(EACH):
            sample = photograph(head, looks, posed[picture], weights[picture], picture == 0, random, detector)
            if sample is not None:
                samples.append(sample)
                people.append(number)
        neutrals.append(head.landmarks(head.vertices))
    fields = {name: np.stack([getattr(one, name) for one in samples]) for name in Sample.__dataclass_fields__}
    write_arrays(place, people=np.array(people), neutrals=np.stack(neutrals), **fields)


def expression(acting: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(52,) what an actor did, weaker or mixed with what he did at another time, or a few channels alone."""
    first, second = acting[random.integers(len(acting), size=2)]
    share = random.uniform(0, 1)
    mixed = share * first + (1 - share) * second if random.random() < 0.5 else first * random.uniform(0.3, 1.2)
    if random.random() < 0.4:
        few = random.choice(len(ARKIT_NAMES), random.integers(1, 5), replace=False)
        mixed = mixed * random.uniform(0, 0.5)
        mixed[few] = random.uniform(0, 1, len(few))
    return np.clip(mixed, 0, 1)


def photograph(
    head: TruthHead,
    looks: Looks,
    posed: np.ndarray,
    weights: np.ndarray,
    frontal: bool,
    random: np.random.Generator,
    detector: LandmarkDetector,
) -> Sample | None:
    """One picture's sample, None where no face was found in it."""
    angles = random.normal(0, [9, 20, 7]) * (0.2 if frontal else 1)
    rotation = Rotation.from_euler("xyz", np.clip(angles, [-22, -45, -20], [22, 45, 20]), degrees=True).as_matrix()
    focal = np.exp(random.uniform(np.log(24 / FILM), np.log(135 / FILM)))
    aim = np.array([*random.uniform(-0.02, 0.02, 2), -FACE * focal / random.uniform(0.5, 0.75)])
    translation = aim - rotation @ MIDDLE
    vertices, normals = dressed(head, looks, posed[None])
    picture = draw(
        vertices[0] @ rotation.T + translation, normals[0] @ rotation.T, looks.triangles, looks.colours, focal, random
    )
    try:
        seen, _ = find_face(picture, detector)
    except Refusal:
        return None
    return Sample(seen, head.landmarks(posed), weights, rotation, translation, focal)


def draw(
    vertices: np.ndarray,
    normals: np.ndarray,
    triangles: np.ndarray,
    colours: np.ndarray,
    focal: float,
    random: np.random.Generator,
) -> np.ndarray:
    """(SIZE, SIZE, 3) uint8 picture of a mesh in the camera's frame, two lamps and a glow around, some noise."""
    light = np.full((len(vertices), 3), random.uniform(0.15, 0.5))
    for strength in (random.uniform(0.5, 1.0), random.uniform(0, 0.5)):
        towards = random.normal([0, 0.3, 0.7], [0.7, 0.5, 0.2])
        tint = random.uniform(0.85, 1.0, 3)
        light += strength * tint * np.clip(normals @ (towards / np.linalg.norm(towards)), 0, None)[:, None]
    shown = np.clip(colours * light, 0, 1) ** (1 / 2.2)
    depth = -vertices[:, 2]
    screen = np.column_stack([2 * focal * vertices[:, 0] / depth, -2 * focal * vertices[:, 1] / depth, depth])
    corners = torch.as_tensor(np.ascontiguousarray(triangles))
    raster = rasterise(torch.as_tensor(screen, dtype=torch.float32), corners, (SIZE, SIZE), "back", perspective=True)
    picture = interpolate(torch.as_tensor(shown, dtype=torch.float32), corners, raster).numpy()
    hit = (raster.faces >= 0).numpy()
    backdrop = cv2.resize(random.uniform(0, 1, (4, 4, 3)), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    picture = np.where(hit[..., None], picture, np.clip(backdrop, 0, 1))
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), random.uniform(0.4, 1.0))
    picture += random.normal(0, random.uniform(0, 0.03), picture.shape)
    return (np.clip(picture, 0, 1) * 255).astype(np.uint8)


def load_shards(folder: Path) -> Sequence[dict[str, np.ndarray]]:
    """All that was written, in order."""
    found = []
    for path in sorted(folder.glob("[0-9]*.npz")):
        with np.load(path, allow_pickle=False) as arrays:
            found.append(dict(arrays))
    return found


if __name__ == "__main__":
    main()
