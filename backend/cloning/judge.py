"""How much a predicted correspondence looks like a face: the measure behind every confidence and refusal."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.spatial import KDTree

from backend.faces.open_head import load_open_head
from backend.geometry.mesh import PARTS
from backend.geometry.operators import vertex_normals

COVER = 0.008
"""Metres: a place of the canonical face is covered if a predicted place lies this near."""

BOX = np.array([[-0.065, -0.07, 0.03], [0.065, 0.07, 0.2]])
"""The front of the canonical face, metres: brows to chin, cheek to cheek."""


@dataclass(frozen=True)
class Judgement:
    """off: median distance of the predicted places from the canonical surface, metres. facing: median cosine
    between the normals here and there. coverage: share of the canonical face's front that has a vertex, 0..1. bend:
    median distance in metres between the aligned vertices and their predicted places."""

    off: float
    facing: float
    coverage: float
    bend: float

    @property
    def likeness(self) -> float:
        """0..1, without steps, to compare candidates by."""
        return float(np.exp(-self.off / 0.004) * max(self.facing, 0.0) * self.coverage * np.exp(-self.bend / 0.03))

    @property
    def score(self) -> float:
        """0..1, the product of what each figure leaves."""
        return float(
            fall(self.off, 0.0015, 0.008)
            * fall(1 - self.facing, 0.1, 0.8)
            * fall(1 - self.coverage, 0.15, 0.8)
            * fall(self.bend, 0.008, 0.04)
        )


def judge(
    canonical: np.ndarray, vertices: np.ndarray, normals: np.ndarray, face: np.ndarray, mass: np.ndarray
) -> Judgement:
    """canonical: (n, 3) predicted places; vertices, normals: (n, 3) of the aligned mesh; face: (n,) 0..1; mass:
    (n,) areas."""
    tree, surface_normals, front = _canonical_surface()
    counted = face > 0.5
    if counted.sum() < 30:
        return Judgement(np.inf, -1.0, 0.0, np.inf)
    weight = mass[counted] * face[counted]
    distance, nearest = tree.query(canonical[counted])
    cosine = np.einsum("ni,ni->n", surface_normals[nearest], normals[counted])
    covered, _ = KDTree(canonical[counted]).query(front)
    return Judgement(
        _weighted_median(distance, weight),
        _weighted_median(cosine, weight),
        float((covered < COVER).mean()),
        _weighted_median(np.linalg.norm(canonical[counted] - vertices[counted], axis=1), weight),
    )


@cache
def _canonical_surface() -> tuple[KDTree, np.ndarray, np.ndarray]:
    """The canonical skin as a tree of points, its normals (p, 3), and the points of the face's front (q, 3)."""
    head = load_open_head()
    quads = head.quads
    triangles = np.concatenate([quads[:, :3], quads[quads[:, 3] >= 0][:, [0, 2, 3]]])
    skin = np.flatnonzero(head.parts == PARTS.index("skin"))
    normals = vertex_normals(head.vertices, triangles)
    points = head.vertices[skin]
    inside = ((points > BOX[0]) & (points < BOX[1])).all(1) & (normals[skin][:, 2] > 0.2)
    return KDTree(points), normals[skin], points[inside]


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    passed = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(passed, passed[-1] / 2)]])


def fall(value: float, good: float, bad: float) -> float:
    """How much of a confidence a figure leaves: 1 up to `good`, down to 0 at `bad`."""
    return float(np.clip((bad - value) / (bad - good), 0, 1))
