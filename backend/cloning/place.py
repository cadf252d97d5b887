"""Bring a head to the canonical frame whatever its resolution: a coarse one by way of the round body that it means."""

from dataclasses import dataclass, replace

import numpy as np

from backend.cloning.align import Alignment, Candidate, Seen, by_eyeballs, by_feel, by_openings, by_sight
from backend.cloning.guidance import UNGUIDED, Guidance
from backend.cloning.viewpoints import turned, upright
from backend.errors import Progress, Refusal, silent
from backend.geometry.clean import CleanMesh
from backend.geometry.exposure import has_hollows
from backend.geometry.lighten import lightened
from backend.geometry.rounded import RoundedMesh, rounded
from backend.geometry.similarity import apply_transform
from backend.networks.cloning_net import CloningNet

COARSE = 1000
"""Size of a mesh below which it is looked at rounded alone."""

DOUBTFUL = 3000
"""Size of a mesh below which it is looked at rounded too where no face is clear on it as it is: a figure's body may
have most of it."""

CURE = "Select the mesh that has the face, standing upright, with the face uncovered."


@dataclass(frozen=True)
class _Guise:
    """What is looked at: the mesh itself or, where it is coarse, the round body that it means."""

    mesh: CleanMesh
    body: RoundedMesh | None = None

    @property
    def seen(self) -> np.ndarray:
        """(n, 3) the vertices in pictures."""
        return self.mesh.vertices if self.body is None else self.body.through

    def alignment(self, candidate: Candidate) -> Alignment:
        """The alignment with its landmarks on the mesh itself."""
        found = candidate.alignment
        if self.body is None or found.landmarks is None:
            return found
        there = apply_transform(np.linalg.inv(found.canonical_from_mesh), found.landmarks)
        landmarks = apply_transform(found.canonical_from_mesh, self.body.on_given(there))
        return replace(found, landmarks=landmarks.astype(np.float32))


def place_head(
    mesh: CleanMesh, network: CloningNet, progress: Progress = silent, guidance: Guidance = UNGUIDED
) -> Alignment:
    """The alignment of a clean mesh of any number of vertices, with landmarks on its own surface.

    By sight from where files show faces, where a face like people's is seen clearly; else by two eyes and a mouth that
    are cut into it; else by sight where any face is seen clearly, from anywhere; else by what a doubtful sight or the
    eyeballs propose and looks most like a face to the network; else by feel alone. A face that looks elsewhere than the
    guidance says is none. Raises Refusal where there is no face, and Cancelled where `progress` does.
    """
    guises = _guises(mesh)
    first = guises[0]
    if not has_hollows(first.mesh.vertices, first.mesh.triangles):
        raise Refusal("no-face", "The mesh is smooth all over: nothing on it could be eyes, a nose or a mouth.", CURE)
    doubtful: list[tuple[_Guise, Candidate]] = []
    for number, guise in enumerate(guises):
        looking = _part(progress, 0.5 * number / len(guises), 0.5 * (number + 0.8) / len(guises))
        sighting = by_sight(guise.mesh, guise.seen, network, upright(), looking, guidance)
        if sighting is not None and sighting.like:
            return guise.alignment(sighting.candidate)
        looking = _part(progress, 0.5 * (number + 0.8) / len(guises), 0.5 * (number + 1) / len(guises))
        cut = by_openings(guise.mesh, guise.seen, network, looking, guidance)
        if cut is not None:
            return guise.alignment(cut)
        if sighting is not None and sighting.clear:
            return guise.alignment(sighting.candidate)
        doubtful += [(guise, one) for one in _given(sighting) + by_eyeballs(guise.mesh, network, guidance)]
    sighting = by_sight(first.mesh, first.seen, network, turned(), _part(progress, 0.5, 0.8), guidance)
    if sighting is not None and sighting.clear:
        return first.alignment(sighting.candidate)
    doubtful += [(first, one) for one in _given(sighting)]
    if doubtful:
        guise, best = max(doubtful, key=lambda one: one[1].judgement.score)
        return guise.alignment(best)
    felt = by_feel(first.mesh, network, _part(progress, 0.8, 1.0), guidance)
    if felt is not None:
        return first.alignment(felt)
    raise Refusal(
        "no-face", "No face was found on this mesh: neither pictures from all sides nor its shape show one.", CURE
    )


def _guises(mesh: CleanMesh) -> list[_Guise]:
    size = max(len(mesh.vertices), len(mesh.triangles) // 2)
    if size >= DOUBTFUL:
        return [_Guise(lightened(mesh))]
    body = rounded(mesh)
    return [_Guise(body.mesh, body)] if size < COARSE else [_Guise(mesh), _Guise(body.mesh, body)]


def _given(sighting: Seen | None) -> list[Candidate]:
    return [] if sighting is None else [sighting.candidate]


def _part(progress: Progress, start: float, end: float) -> Progress:
    """A part of a job's progress."""
    return lambda share, text: progress(start + (end - start) * share, text)
