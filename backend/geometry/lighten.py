"""A large mesh made light enough for what looks at it as a whole."""

from dataclasses import replace

import numpy as np

from backend.geometry.clean import CleanMesh
from backend.geometry.decimate import decimate

BUDGET = 100_000
"""Vertices: a head of a whole body keeps a tenth of them or more. What is made at a bounded resolution anyway gains
nothing from more."""


def lightened(mesh: CleanMesh, budget: int = BUDGET) -> CleanMesh:
    """The mesh itself, or one decimated to about `budget` of its vertices, which stay where they are. Components and
    objects keep their numbers; the smallest may be gone. The user's vertices lead to what they were collapsed into, -1
    where nothing of their surroundings remains."""
    if len(mesh.vertices) <= budget:
        return mesh
    triangles, into = decimate(mesh.vertices, mesh.triangles, budget)
    kept = np.unique(triangles)
    number = np.full(len(mesh.vertices) + 1, -1)
    number[kept] = np.arange(len(kept))
    from_clean = np.append(number[into], -1)
    return replace(
        mesh,
        vertices=mesh.vertices[kept],
        triangles=number[triangles].astype(np.int32),
        components=mesh.components[kept],
        objects=mesh.objects[kept],
        from_user=from_clean[mesh.from_user].astype(np.int32),
    )
