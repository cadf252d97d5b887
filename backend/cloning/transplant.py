"""Shapes of the canonical head looked up at places on it."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.spatial import KDTree

from backend.cloning.predict import EIGENPAIRS, predict
from backend.faces.open_head import load_open_head
from backend.geometry.mesh import PARTS
from backend.geometry.operators import operators
from backend.networks.cloning_net import CloningNet

NEIGHBOURS, MIXED = 24, 6
"""Points looked at for ones that face the same way, and how many of those are mixed."""

BLUR = 0.001
"""Metres added to distances, so that the nearest point does not decide alone."""

NEAR, FAR = 0.025, 0.05
"""Metres: places farther from the canonical head fade out between the two."""


@dataclass(frozen=True)
class CanonicalShapes:
    """points, normals: (p, 3) on the skin of the canonical head. shapes: (53, p, 3) metres. face: (p,) 0..1."""

    points: np.ndarray
    normals: np.ndarray
    shapes: np.ndarray
    face: np.ndarray


@cache
def canonical_shapes(network: CloningNet) -> CanonicalShapes:
    """What the network says of the canonical head itself."""
    head = load_open_head()
    skin = head.parts == PARTS.index("skin")
    quads = head.quads
    triangles = np.concatenate([quads[:, :3], quads[quads[:, 3] >= 0][:, [0, 2, 3]]])
    renumber = np.cumsum(skin) - 1
    triangles = renumber[triangles[skin[triangles].all(1)]]
    points = head.vertices[skin].astype(np.float64)
    basis = operators(points, triangles, EIGENPAIRS)
    said = predict(network, points, basis, None, trusted=True)
    return CanonicalShapes(points, basis.normals, said.shapes, said.face)


def look_up(source: CanonicalShapes, places: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shapes (53, n, 3) and face (n,) of the canonical head at places (n, 3) near it, from the points around that face
    the way of normals (n, 3), so that one lip takes nothing from the other; where none does, from those that come
    closest to it, because a patch that stayed behind would tear. Zero where no point is near."""
    distance, index = KDTree(source.points).query(places, k=NEIGHBOURS)
    facing = np.einsum("nki,ni->nk", source.normals[index], normals)
    agree = facing > 0
    lost = ~agree.any(1)
    agree[lost] = facing[lost] >= np.sort(facing[lost], axis=1)[:, -MIXED:][:, :1]
    weight = np.where(agree & (np.cumsum(agree, axis=1) <= MIXED), 1.0 / (distance + BLUR) ** 2, 0.0)
    weight /= np.maximum(weight.sum(1, keepdims=True), 1e-12)
    weight *= np.clip((FAR - distance[:, :1]) / (FAR - NEAR), 0.0, 1.0)
    shapes = np.zeros((len(source.shapes), len(places), 3), np.float32)
    for at, shape in enumerate(source.shapes):
        shapes[at] = np.einsum("nk,nki->ni", weight, shape[index])
    return shapes, np.einsum("nk,nk->n", weight, source.face[index]).astype(np.float32)
