"""What controls and channels do to one face, as products of their displacements: all that a solve needs to know."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.result import Shapes
from backend.geometry.mesh import PARTS
from backend.geometry.operators import vertex_areas
from backend.rigs.goal import Goal
from backend.rigs.rig import Rig

REGIONS: dict[str, tuple[tuple[str, ...], float]] = {
    "brows": (("browInnerUp", "browOuterUpLeft", "browOuterUpRight", "browDownLeft", "browDownRight"), 0.4),
    "lids": (("eyeBlinkLeft", "eyeBlinkRight"), 0.3),
    "jaw": (("jawOpen",), 0.5),
    "lips": (("mouthRollLower", "mouthRollUpper", "mouthFunnel", "mouthPucker"), 0.4),
    "corners": (("mouthSmileLeft", "mouthSmileRight"), 0.7),
}
"""A region of the skin is where one of these shapes moves it by more than this share of its largest motion."""

EVEN = 0.5
"""How much all of the surface counts together, against 1 for all regions together."""

CHUNK = 10_000
"""Vertices that are multiplied at a time."""

SAMPLE = 1200
"""Vertices that a rig that bends is solved on."""


@dataclass(frozen=True)
class Fields:
    """Products of the displacements of a rig's K controls, for one unit each, and of C channels, as the head's own
    shapes: (K + C, K + C), in squared units of the rig, mean over a surface. whole: over all of it, by area. skin: the
    same without eyeballs. fair: by area, but shares of every region's own motion count alike.
    regions: over each region."""

    controls: int
    whole: np.ndarray
    skin: np.ndarray
    fair: np.ndarray
    regions: dict[str, np.ndarray]


def fields(rig: Rig, shapes: Shapes) -> Fields:
    """Of shapes with ARKit's names on the rig's mesh."""
    area, fair, masks = surface_weights(rig, shapes)
    balls = np.isin(shapes.parts, [PARTS.index("eye_left"), PARTS.index("eye_right")])
    moving = moving_vertices(rig, shapes)

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
        {name: products(area * mask) for name, mask in masks.items()},
    )


def goal(rig: Rig, shapes: Shapes) -> Goal:
    """What vertices are seen, and how much they count, where poses of the rig are measured."""
    area, fair, masks = surface_weights(rig, shapes)
    seen = moving_vertices(rig, shapes)
    weights = np.stack([fair[seen], *(area[seen] * mask[seen] for mask in masks.values())])
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-300)
    # Systematic sampling: evenly spaced marks on the cumulated weights, so that each vertex stands for as much.
    count = min(SAMPLE, len(seen))
    sample = np.searchsorted(np.cumsum(weights[0]), (np.arange(count) + 0.5) / count)
    return Goal(seen, weights, tuple(masks), shapes.deltas[:, seen], np.minimum(sample, len(seen) - 1))


def moving_vertices(rig: Rig, shapes: Shapes) -> np.ndarray:
    """(m,) the vertices that some shape or control moves; the others add nothing to any product."""
    return np.flatnonzero(np.any(rig.deltas, axis=(0, 2)) | np.any(shapes.deltas, axis=(0, 2)))


def surface_weights(rig: Rig, shapes: Shapes) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """(N,) the area of each vertex, (N,) the same with every region's share of its own motion counting alike, and (N,)
    bool of the regions that there are."""
    area = vertex_areas(rig.mesh.vertices.astype(np.float64), rig.mesh.triangles)
    masks = {name: mask for name, mask in region_masks(shapes).items() if area[mask].sum() > 0}
    energy = np.square(shapes.deltas, dtype=np.float64).sum((0, 2))
    # Brows move less than jaws: a region counts by what is missed of its own motion.
    needs = {
        name: 1.0 / max(float(np.average(energy[mask], weights=area[mask])), 1e-300) for name, mask in masks.items()
    }
    fair = EVEN * area / max(area.sum(), 1e-300)
    for name, mask in masks.items():
        fair[mask] += area[mask] / area[mask].sum() * needs[name] / sum(needs.values())
    return area, fair, masks


def region_masks(shapes: Shapes) -> dict[str, np.ndarray]:
    """(N,) bool of each of REGIONS, on the skin; corners are the lips'; lips are not jaw."""
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
