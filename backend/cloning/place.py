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
"""Vertices: a mesh of fewer is looked at rounded alone."""

DOUBTFUL = 3000
"""Vertices: a mesh of fewer is rounded where no face is found on it as it is. Its body may have most of them."""


def place_head(
    mesh: CleanMesh, network: CloningNet, progress: Progress = silent, guidance: Guidance = UNGUIDED
) -> Alignment:
    """The alignment of a clean mesh of any number of vertices, with landmarks on its own surface. Raises Refusal and
    Cancelled as align does."""
    if len(mesh.vertices) >= COARSE:
        try:
            return align(lightened(mesh), network, progress, guidance)
        except Refusal:
            if len(mesh.vertices) >= DOUBTFUL:
                raise
    body = rounded(mesh)
    found = align(body.mesh, network, progress, guidance, body.through)
    if found.landmarks is None:
        return found
    there = apply_transform(np.linalg.inv(found.canonical_from_mesh), found.landmarks)
    landmarks = apply_transform(found.canonical_from_mesh, body.on_given(there))
    return replace(found, landmarks=landmarks.astype(np.float32))
