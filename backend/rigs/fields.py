"""What controls and channels do to one face, as products of their displacements: all that a solve needs to know."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.result import Shapes
from backend.geometry.mesh import PARTS
from backend.geometry.operators import vertex_areas
from backend.rigs.rig import Rig

REGIONS: dict[str, tuple[tuple[str, ...], float]] = {
    "brows": (("browInnerUp", "browOuterUpLeft", "browOuterUpRight", "browDownLeft", "browDownRight"), 0.4),
    "lids": (("eyeBlinkLeft", "eyeBlinkRight"), 0.3),
    "jaw": (("jawOpen",), 0.5),
    "lips": (("mouthRollLower", "mouthRollUpper", "mouthFunnel", "mouthPucker"), 0.4),
}
"""A region of the skin is where one of these shapes moves it by more than this share of its largest motion."""

EVEN = 0.5
"""How much all of the surface counts together, against 1 for all regions together."""

CHUNK = 10_000
"""Vertices that are multiplied at a time."""


@dataclass(frozen=True)
class Fields:
    """Products of the displacements of a rig's K controls, for one unit each, and of C channels, as the head's own
    shapes: (K + C, K + C), in squared units of the rig, mean over a surface. whole: over all of it, by area. skin: the
    same without eyeballs. fair: by area, but every region of the face counts alike. regions: over each region."""

    controls: int
    whole: np.ndarray
    skin: np.ndarray
    fair: np.ndarray
    regions: dict[str, np.ndarray]


def fields(rig: Rig, shapes: Shapes) -> Fields:
    """Of shapes with ARKit's names on the rig's mesh."""
    area = vertex_areas(rig.mesh.vertices.astype(np.float64), rig.mesh.triangles)
    balls = np.isin(shapes.parts, [PARTS.index("eye_left"), PARTS.index("eye_right")])
    masks = region_masks(shapes)
    fair = EVEN * area / max(area.sum(), 1e-300)
    present = {name: mask for name, mask in masks.items() if area[mask].sum() > 0}
    for mask in present.values():
        fair[mask] += area[mask] / area[mask].sum() / len(present)
    # What no shape and no control moves adds nothing to any product.
    moving = np.flatnonzero(np.any(rig.deltas, axis=(0, 2)) | np.any(shapes.deltas, axis=(0, 2)))

    def products(weights: np.ndarray) -> np.ndarray:
        used = moving[weights[moving] > 0]
        result = np.zeros((len(rig.deltas) + len(shapes.deltas),) * 2)
        for some in np.array_split(used, len(used) // CHUNK + 1):
            rows = np.concatenate([rig.deltas[:, some], shapes.deltas[:, some]]).astype(np.float64)
            rows = (rows * np.sqrt(weights[some])[:, None]).reshape(len(rows), -1)
            result += rows @ rows.T
        return result / max(weights.sum(), 1e-300)

    return Fields(
        len(rig.controls),
        products(area),
        products(area * ~balls),
        products(fair),
        {name: products(area * mask) for name, mask in present.items()},
    )


def region_masks(shapes: Shapes) -> dict[str, np.ndarray]:
    """(N,) bool of each of REGIONS, on the skin; lips are not jaw."""
    skin = shapes.parts == PARTS.index("skin")
    result = {}
    for region, (names, share) in REGIONS.items():
        mask = np.zeros(len(shapes.vertices), bool)
        for name in names:
            length = np.linalg.norm(shapes.deltas[shapes.names.index(name)], axis=1) * skin
            mask |= length > share * max(length.max(), 1e-30)
        result[region] = mask & skin
    result["jaw"] &= ~result["lips"]
    return result
