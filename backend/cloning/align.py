"""Bring a head to the canonical frame: by sight, by openings, by eyeballs or by feel; the network judges each."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.contours import LANDMARKS, OPENINGS
from backend.cloning.eye_pair import eye_pair_placings, on_eyeballs
from backend.cloning.feel import coarsened, feel_face
from backend.cloning.guidance import UNGUIDED, Guidance
from backend.cloning.judge import Judgement, judge
from backend.cloning.openings import Found, openings_face
from backend.cloning.predict import EIGENPAIRS, predict
from backend.cloning.sight import sight_face
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

LIKE = 0.045
"""Distance of the landmarks from the standard face, in face widths, up to which a sighting is sure: people's lie within
0.03, also an anime's, a turtle's neck taken for a face at 0.067."""

LEAST = 0.04
"""Score below which landmarks or eyeballs that were found belong to no face."""

LEAST_FELT = 0.2
"""The same where nothing but the shape speaks for a face. Heads of people so placed score 0.6 and more; a knight's
breastplate, which is modelled like a mask, and animals placed wrongly up to 0.15; hands, swords, balls and headless
bodies 0."""

MOST_OPENINGS = 6
"""Trios of openings that are judged, the most even ones first."""

EVEN_FACING, EVEN_COVERAGE = 0.68, 0.5
"""What the network must say of a face with such openings. Animals' faces reach 0.74 and 0.56; wrong trios (nostrils,
armholes, creases) 0.63 and 0.59, and no two at once."""

EYED_FACING = 0.5
"""The same of facing where the eyes have eyeballs in them: a monkey's face reaches 0.57."""

UNSEEN = 0.6
"""The confidence in a face that was not seen is at most this."""

FLOOR = 0.4
"""Share of a sighting's confidence that stays however little the shape looks like a person's."""

PERSON = 0.45
"""Likeness that the best placed realistic heads reach; the heroine of a cartoon is at 0.07."""


@dataclass(frozen=True)
class Alignment:
    """canonical_from_mesh: (4, 4) float64 similarity. landmarks: (478, 3) on the mesh in the canonical frame, NaN where
    unseen, or None where the face was not seen. trusted: see predict. by_openings: whether the landmarks are the rims
    of openings. confidence: 0..1. reasons: plain sentences."""

    canonical_from_mesh: np.ndarray
    landmarks: np.ndarray | None
    trusted: bool
    by_openings: bool
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Candidate:
    matrix: np.ndarray
    landmarks: np.ndarray | None
    trusted: bool
    judgement: Judgement
    ceiling: float
    """The confidence that this way of finding faces can give at best."""
    reasons: tuple[str, ...]
    by_openings: bool

    @property
    def confidence(self) -> float:
        """0..1. A face that was seen clearly keeps FLOOR however little its shape looks like a person's."""
        if self.landmarks is None:
            return self.ceiling * self.score
        return self.ceiling * (FLOOR + (1 - FLOOR) * min(1.0, self.judgement.likeness / PERSON))

    @property
    def score(self) -> float:
        return self.judgement.score


def align(
    mesh: CleanMesh,
    network: CloningNet,
    progress: Progress = silent,
    guidance: Guidance = UNGUIDED,
    pictured: np.ndarray | None = None,
) -> Alignment:
    """The alignment of a clean mesh: by sight where a face like people's is seen clearly; else by two eyes and a mouth
    that are cut into it; else by sight where any face is seen clearly; else by what a doubtful sight or the eyeballs
    propose and looks most like a face to the network; else by feel alone. A face that looks elsewhere than the
    guidance says is none. pictured: (n, 3) other places of the vertices, for pictures; the landmarks lie there. Raises
    Refusal where none finds a face."""
    seen = mesh.vertices if pictured is None else pictured
    sighting = sight_face(seen, mesh.triangles, mesh.components, lambda f, text: progress(0.6 * f, text), guidance)
    candidates: list[_Candidate | None] = []
    if sighting is not None:
        reasons = ("the face was seen in pictures of the mesh", *sighting.reasons)
        matrix, landmarks = sighting.canonical_from_mesh, sighting.landmarks
        candidates.append(_candidate(mesh, network, matrix, landmarks, True, sighting.confidence, reasons))
        if sighting.confidence >= SURE and sighting.residual <= LIKE and candidates[0] is not None:
            return _chosen(candidates[0])
    even = _by_openings(mesh, seen, network, lambda f, text: progress(0.6 + 0.05 * f, text), guidance)
    if even is not None:
        return _chosen(even)
    if sighting is not None and sighting.confidence >= SURE and candidates[0] is not None:
        return _chosen(candidates[0])
    for placing in filter(guidance.faces, eye_pair_placings(mesh.vertices, mesh.components)):
        progress(0.6, "Looking for a pair of eyeballs")
        reasons = ("no landmarks were seen in pictures of the head; it was placed by its eyeballs",)
        candidates.append(_candidate(mesh, network, placing, None, True, UNSEEN, reasons))
    found = [candidate for candidate in candidates if candidate is not None and candidate.score >= LEAST]
    if found:
        return _chosen(max(found, key=lambda candidate: candidate.score))
    felt = feel_face(network, mesh.vertices, mesh.triangles, lambda f, text: progress(0.65 + 0.35 * f, text))
    if felt is not None and guidance.faces(felt.canonical_from_mesh):
        reasons = ("no landmarks were seen in pictures of the head; it was placed by its shape",)
        candidate = _candidate(mesh, network, felt.canonical_from_mesh, None, False, UNSEEN, reasons)
        if candidate is not None and candidate.score >= LEAST_FELT:
            return _chosen(candidate)
    raise Refusal(
        "no-face",
        "No face was found on this mesh.",
        "Select the mesh that has the face, standing upright, with the face uncovered.",
    )


def _by_openings(
    mesh: CleanMesh, seen: np.ndarray, network: CloningNet, progress: Progress, guidance: Guidance
) -> _Candidate | None:
    """Of the faces with two eyes and a mouth cut into them the one that looks most like one to the network; where none
    is enough like one, the same of those whose eyes have eyeballs in them. seen: (n, 3) the vertices in pictures."""
    reasons = ("two eyes and a mouth are cut into an even surface; no face was seen clearly in pictures of it",)
    faces, with_eyes = [], []
    trios = openings_face(seen, mesh.triangles, mesh.components, progress)
    for found in [trio for trio in trios if guidance.faces(trio.canonical_from_mesh)][:MOST_OPENINGS]:
        one = _candidate(mesh, network, found.canonical_from_mesh, found.landmarks, True, UNSEEN, reasons, True)
        if one is None or one.judgement.coverage < EVEN_COVERAGE:
            continue
        if one.judgement.facing >= EVEN_FACING:
            faces.append(one)
        elif one.judgement.facing >= EYED_FACING and _has_eyeballs(mesh, found):
            with_eyes.append(one)
    return max(faces or with_eyes, key=lambda one: one.judgement.likeness, default=None)


def _has_eyeballs(mesh: CleanMesh, found: Found) -> bool:
    there = apply_transform(np.linalg.inv(found.canonical_from_mesh), found.landmarks)
    left, right = (np.concatenate([there[list(line)] for line in LANDMARKS[name]]).mean(0) for name in OPENINGS[:2])
    return on_eyeballs(left, right, mesh.vertices, mesh.components)


def _chosen(candidate: _Candidate) -> Alignment:
    judged = candidate.judgement
    agrees = (
        f"its surface agrees with a face within {1000 * judged.off:.1f} mm at a real head's size and covers "
        f"{judged.coverage:.0%} of it",
    )
    return Alignment(
        candidate.matrix,
        candidate.landmarks,
        candidate.trusted,
        candidate.by_openings,
        candidate.confidence,
        (*candidate.reasons, *agrees),
    )


def _candidate(
    mesh: CleanMesh,
    network: CloningNet,
    matrix: np.ndarray,
    landmarks: np.ndarray | None,
    trusted: bool,
    ceiling: float,
    reasons: tuple[str, ...],
    by_openings: bool = False,
) -> _Candidate | None:
    """What the network thinks of the head so placed; None where nothing is near the face."""
    points = apply_transform(matrix, mesh.vertices)
    coarse = coarsened(points, mesh.triangles[in_head(points)[mesh.triangles].all(1)], VERTICES)
    if coarse is None:
        return None
    points, local = coarse
    basis = operators(points, local, EIGENPAIRS)
    prediction = predict(network, points, basis, landmarks, trusted)
    judgement = judge(prediction.canonical, points, basis.normals, prediction.face, basis.mass)
    return _Candidate(matrix, landmarks, trusted, judgement, ceiling, reasons, by_openings)


def in_head(points: np.ndarray) -> np.ndarray:
    """(n,) bool: which points (n, 3) of the canonical frame may belong to a head."""
    return ((points > HEAD_BOX[0]) & (points < HEAD_BOX[1])).all(1)
