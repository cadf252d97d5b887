"""A photograph of a person who does not exist, for pictures that everybody may see."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.spatial.transform import Rotation

from backend.channels import ARKIT_NAMES
from backend.evaluation.truth.heads import Families
from backend.evaluation.truth.paint import dressed, paint
from backend.evaluation.truth.pictures import FACE, MIDDLE
from backend.imaging.rasteriser import interpolate, rasterise
from backend.performance import performance

SIDE, FOCAL = 720, 1.9
PERSON, SEED = 6, 77
LAMPS = ((1.0, np.array([-0.5, 0.5, 0.8])), (0.35, np.array([0.9, 0.1, 0.5])))
GLOW = 0.45
BACKDROP = np.array([0.38, 0.42, 0.47])


def make_photo(corpus: Path, path: Path) -> Path:
    """Draw it into a file. corpus: the folder of heads that people are drawn from."""
    random = np.random.default_rng([5, PERSON])
    head = Families(corpus).ict_person(PERSON, SEED)
    looks = paint(head, random, hair=True)
    weights = np.zeros((1, len(ARKIT_NAMES)), np.float32)
    for name, value in {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5, "jawOpen": 0.15}.items():
        weights[0, ARKIT_NAMES.index(name)] = value
    vertices, normals = dressed(head, looks, head.posed(performance(ARKIT_NAMES, weights, 30.0)))
    turn = Rotation.from_euler("xyz", [4, -14, 2], degrees=True).as_matrix()
    there = vertices[0] @ turn.T + [0, 0, -FACE * FOCAL / 0.6] - turn @ MIDDLE
    facing = normals[0] @ turn.T
    light = np.full(len(facing), GLOW)
    for power, towards in LAMPS:
        light += power * np.clip(facing @ (towards / np.linalg.norm(towards)), 0, None)
    shown = np.clip(1.5 * looks.colours * light[:, None], 0, 1) ** (1 / 2.2)
    screen = np.column_stack([there[:, :2] * [2 * FOCAL, -2 * FOCAL] / -there[:, 2:], -there[:, 2]])
    corners = torch.as_tensor(np.ascontiguousarray(looks.triangles))
    places = torch.as_tensor(screen, dtype=torch.float32)
    raster = rasterise(places, corners, (SIDE, SIDE), "back", perspective=True)
    drawn = interpolate(torch.as_tensor(shown, dtype=torch.float32), corners, raster).numpy()
    picture = np.where((raster.faces >= 0).numpy()[..., None], drawn, BACKDROP)
    Image.fromarray((255 * picture).astype(np.uint8)).save(path)
    return path
