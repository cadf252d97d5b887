"""Bring a head to the canonical frame whatever its resolution: a coarse one by way of the round body that it means."""

from dataclasses import replace

import numpy as np

from backend.cloning.align import Alignment, align
from backend.cloning.guidance import UNGUIDED, Guidance
from backend.errors import Progress, Refusal, silent
from backend.geometry.clean import CleanMesh
from backend.geometry.lighten import lightened
from backend.geometry.rounded import rounded
from backend.geometry.similarity import apply_transform
from backend.networks.cloning_net import CloningNet

COARSE = 1000
"""Size of a mesh below which it is looked at rounded alone."""

DOUBTFUL = 3000
"""Size of a mesh below which it is rounded where no face is found on it as it is: a figure's body may have most of
it."""


def place_head(
    mesh: CleanMesh, network: CloningNet, progress: Progress = silent, guidance: Guidance = UNGUIDED
) -> Alignment:
    """The alignment of a clean mesh of any number of vertices, with landmarks on its own surface. Raises Refusal and
    Cancelled as align does."""
    size = max(len(mesh.vertices), len(mesh.triangles) // 2)
    if size >= DOUBTFUL:
        return align(lightened(mesh), network, progress, guidance)
    if size >= COARSE:
        try:
            return align(mesh, network, lambda share, text: progress(0.5 * share, text), guidance)
        except Refusal:
            progress(0.5, "Looking again at the mesh rounded")
    body = rounded(mesh)
    begun = 0.5 if size >= COARSE else 0.0
    found = align(
        body.mesh, network, lambda share, text: progress(begun + (1 - begun) * share, text), guidance, body.through
    )
    if found.landmarks is None:
        return found
    there = apply_transform(np.linalg.inv(found.canonical_from_mesh), found.landmarks)
    landmarks = apply_transform(found.canonical_from_mesh, body.on_given(there))
    return replace(found, landmarks=landmarks.astype(np.float32))
