"""Bring a head to the canonical frame: by sight and by feel, which check each other."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.feel import coarsened, feel_face
from backend.cloning.judge import Judgement, judge
from backend.cloning.predict import EIGENPAIRS, predict
from backend.cloning.sight import Sighting, sight_face
from backend.errors import Progress, Refusal, silent
from backend.geometry.clean import CleanMesh
from backend.geometry.operators import operators
from backend.geometry.similarity import apply_transform
from backend.networks.cloning_net import CloningNet

VERTICES = 2500
"""Resolution at which an alignment is judged."""

HEAD_BOX = np.array([[-0.17, -0.22, -0.22], [0.17, 0.26, 0.3]])
"""Where the head is in the canonical frame, metres, with room for snouts and tall skulls."""

SURE = 0.6
"""Confidence of a sighting at which nothing else is tried."""

LEAST = 0.08
"""Confidence below which there is no face."""


@dataclass(frozen=True)
class Alignment:
    """canonical_from_mesh: (4, 4) float64 similarity. landmarks: (478, 3) on the mesh in the canonical frame, NaN where
    unseen, or None where the face was felt and not seen. confidence: 0..1. reasons: plain sentences."""

    canonical_from_mesh: np.ndarray
    landmarks: np.ndarray | None
    confidence: float
    reasons: tuple[str, ...]


def align(mesh: CleanMesh, network: CloningNet, progress: Progress = silent) -> Alignment:
    """The alignment of a clean mesh. Raises Refusal where neither way finds a face."""
    sighting = sight_face(mesh.vertices, mesh.triangles, mesh.components, lambda f, text: progress(0.6 * f, text))
    if sighting is not None:
        judged = _judge_at(mesh, network, sighting.canonical_from_mesh, sighting.landmarks)
        if judged is not None and sighting.confidence >= SURE:
            return _seen(sighting, judged)
    else:
        judged = None
    felt = feel_face(network, mesh.vertices, mesh.triangles, lambda f, text: progress(0.6 + 0.4 * f, text))
    felt_judged = None if felt is None else _judge_at(mesh, network, felt.canonical_from_mesh, None)
    if sighting is not None and judged is not None and (felt_judged is None or judged.score >= 0.5 * felt_judged.score):
        return _seen(sighting, judged)
    if felt is None or felt_judged is None or felt_judged.score < LEAST:
        raise Refusal(
            "no-face",
            "No face was found on this mesh.",
            "Select the mesh that has the face, standing upright, with the face uncovered.",
        )
    return Alignment(
        felt.canonical_from_mesh,
        None,
        0.6 * felt_judged.score,
        ("no landmarks were seen in pictures of the head; it was placed by its shape alone", *_describe(felt_judged)),
    )


def _seen(sighting: Sighting, judged: Judgement) -> Alignment:
    confidence = sighting.confidence * (0.3 + 0.7 * judged.score)
    return Alignment(
        sighting.canonical_from_mesh,
        sighting.landmarks,
        confidence,
        (f"the face was seen {sighting.view}", *sighting.reasons, *_describe(judged)),
    )


def _describe(judged: Judgement) -> tuple[str, ...]:
    return (
        f"its surface agrees with a face within {1000 * judged.off:.1f} mm of a real head's size "
        f"and covers {judged.coverage:.0%} of it",
    )


def _judge_at(
    mesh: CleanMesh, network: CloningNet, canonical_from_mesh: np.ndarray, landmarks: np.ndarray | None
) -> Judgement | None:
    """What the network thinks of the head so placed; None where nothing is near the face."""
    points = apply_transform(canonical_from_mesh, mesh.vertices)
    coarse = coarsened(points, mesh.triangles[in_head(points)[mesh.triangles].all(1)], VERTICES)
    if coarse is None:
        return None
    points, local = coarse
    basis = operators(points, local, EIGENPAIRS)
    prediction = predict(network, points, basis, landmarks)
    return judge(prediction.canonical, points, basis.normals, prediction.face, basis.mass)


def in_head(points: np.ndarray) -> np.ndarray:
    """(n,) bool: which points (n, 3) of the canonical frame may belong to a head."""
    return ((points > HEAD_BOX[0]) & (points < HEAD_BOX[1])).all(1)
