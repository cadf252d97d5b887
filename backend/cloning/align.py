"""Four ways to bring a head to the canonical frame, by sight, openings, eyeballs or feel; the network judges each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from backend.cloning.closeup import Sighting
from backend.cloning.contours import LANDMARKS, OPENINGS
from backend.cloning.eye_pair import eye_pair_placings, on_eyeballs
from backend.cloning.feel import coarsened, feel_face
from backend.cloning.guidance import UNGUIDED, Guidance
from backend.cloning.judge import Judgement, judge
from backend.cloning.openings import Found, openings_face
from backend.cloning.predict import EIGENPAIRS, predict
from backend.cloning.sight import look_at_face, sight_face
from backend.cloning.viewpoints import Viewpoint
from backend.errors import Progress, silent
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

FINALISTS, DRAFT = 4, 500
"""Of many placings by openings or eyeballs so many are judged, those most like a face at so many vertices."""

MOST_OPENINGS = 24
"""Trios of openings that are looked at, the most even ones first."""

EVEN_FACING, EVEN_COVERAGE = 0.68, 0.5
"""What the network must say of a face with such openings. Animals' faces reach 0.74 and 0.56; wrong trios (nostrils,
armholes, creases) 0.63 and 0.59, and no two at once."""

EYED_LIKENESS = 0.015
"""The least likeness where the eyes have eyeballs in them. A monkey's face reaches 0.019 to 0.045, its eyes with a
nostril or a crease for a mouth 0.009."""

AT_OPENINGS = Viewpoint(np.eye(3), (0.0,), "in front of the openings", 0.6)

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
class Candidate:
    """One way to place a mesh, and what the network thinks of it. canonical_from_mesh, landmarks, trusted, by_openings,
    reasons: as in Alignment. ceiling: the confidence that this way of finding faces can give at best."""

    canonical_from_mesh: np.ndarray
    landmarks: np.ndarray | None
    trusted: bool
    by_openings: bool
    judgement: Judgement
    ceiling: float
    reasons: tuple[str, ...]

    @property
    def confidence(self) -> float:
        """0..1. A face that was seen clearly keeps FLOOR however little its shape looks like a person's."""
        if self.landmarks is None:
            return self.ceiling * self.judgement.score
        return self.ceiling * (FLOOR + (1 - FLOOR) * min(1.0, self.judgement.likeness / PERSON))

    @property
    def alignment(self) -> Alignment:
        """What is passed on of the candidate that was chosen."""
        agrees = (
            f"its surface agrees with a face within {1000 * self.judgement.off:.1f} mm at a real head's size and "
            f"covers {self.judgement.coverage:.0%} of it"
        )
        return Alignment(
            self.canonical_from_mesh,
            self.landmarks,
            self.trusted,
            self.by_openings,
            self.confidence,
            (*self.reasons, agrees),
        )


@dataclass(frozen=True)
class Seen:
    """A candidate by sight. clear: whether nothing else but openings needs to be tried; like: not even these."""

    candidate: Candidate
    clear: bool
    like: bool


def by_sight(
    mesh: CleanMesh,
    seen: np.ndarray,
    network: CloningNet,
    views: Sequence[Viewpoint],
    progress: Progress = silent,
    guidance: Guidance = UNGUIDED,
) -> Seen | None:
    """The face that is seen from some of the views; None where none is. seen: (n, 3) the vertices in pictures."""
    sighting = sight_face(seen, mesh.triangles, mesh.components, progress, guidance, views)
    return None if sighting is None else _seen(mesh, network, sighting)


def by_openings(
    mesh: CleanMesh,
    seen: np.ndarray,
    network: CloningNet,
    progress: Progress = silent,
    guidance: Guidance = UNGUIDED,
) -> Candidate | None:
    """Of the faces with two eyes and a mouth cut into them the one that looks most like one to the network; where none
    is enough like one, the same of those whose eyes have eyeballs in them. Where pictures show a face there as clearly
    as people's, it is what is seen. seen: (n, 3) the vertices in pictures."""
    reasons = ("two eyes and a mouth are cut into an even surface; no face was seen clearly in pictures of it",)
    trios = openings_face(seen, mesh.triangles, mesh.components, progress)
    trios = [trio for trio in trios if guidance.faces(trio.canonical_from_mesh)][:MOST_OPENINGS]
    judged = partial(_candidate, mesh, network, trusted=True, ceiling=UNSEEN, reasons=reasons, by_openings=True)
    drafts = [judged(trio.canonical_from_mesh, trio.landmarks, budget=DRAFT) for trio in trios]
    faces, with_eyes = [], []
    for trio in (trios[number] for number in _likeliest(drafts)):
        one = judged(trio.canonical_from_mesh, trio.landmarks)
        if one is None or one.judgement.coverage < EVEN_COVERAGE:
            continue
        if one.judgement.facing >= EVEN_FACING:
            faces.append(one)
        elif one.judgement.likeness >= EYED_LIKENESS and _has_eyeballs(mesh, trio):
            with_eyes.append(one)
    best = max(faces or with_eyes, key=lambda one: one.judgement.likeness, default=None)
    if best is None:
        return None
    looked = look_at_face(seen, mesh.triangles, mesh.components, best.canonical_from_mesh, AT_OPENINGS)
    found = None if looked is None else _seen(mesh, network, looked)
    return found.candidate if found is not None and found.like else best


def by_eyeballs(mesh: CleanMesh, network: CloningNet, guidance: Guidance = UNGUIDED) -> list[Candidate]:
    """The placings that bring a pair of eyeballs to the canonical head's and look a little like a face."""
    reasons = ("no landmarks were seen in pictures of the head; it was placed by its eyeballs",)
    judged = partial(_candidate, mesh, network, landmarks=None, trusted=True, ceiling=UNSEEN, reasons=reasons)
    placings = list(filter(guidance.faces, eye_pair_placings(mesh.vertices, mesh.components)))
    drafts = [judged(placing, budget=DRAFT) for placing in placings]
    candidates = [judged(placings[number]) for number in _likeliest(drafts)]
    return [one for one in candidates if one is not None and one.judgement.score >= LEAST]


def _likeliest(drafts: list[Candidate | None]) -> list[int]:
    """The numbers of the FINALISTS best drafts."""
    made = [(draft.judgement.likeness, number) for number, draft in enumerate(drafts) if draft is not None]
    return [number for _, number in sorted(made, key=lambda one: -one[0])[:FINALISTS]]


def by_feel(
    mesh: CleanMesh, network: CloningNet, progress: Progress = silent, guidance: Guidance = UNGUIDED
) -> Candidate | None:
    """The face that the shape alone speaks for."""
    felt = feel_face(network, mesh.vertices, mesh.triangles, progress)
    if felt is None or not guidance.faces(felt.canonical_from_mesh):
        return None
    reasons = ("no landmarks were seen in pictures of the head; it was placed by its shape",)
    candidate = _candidate(mesh, network, felt.canonical_from_mesh, None, False, UNSEEN, reasons)
    return candidate if candidate is not None and candidate.judgement.score >= LEAST_FELT else None


def _seen(mesh: CleanMesh, network: CloningNet, sighting: Sighting) -> Seen | None:
    reasons = ("the face was seen in pictures of the mesh", *sighting.reasons)
    matrix, landmarks = sighting.canonical_from_mesh, sighting.landmarks
    candidate = _candidate(mesh, network, matrix, landmarks, True, sighting.confidence, reasons)
    if candidate is None:
        return None
    clear = sighting.confidence >= SURE
    if not clear and candidate.judgement.score < LEAST:
        return None
    return Seen(candidate, clear, clear and sighting.residual <= LIKE)


def _has_eyeballs(mesh: CleanMesh, found: Found) -> bool:
    there = apply_transform(np.linalg.inv(found.canonical_from_mesh), found.landmarks)
    left, right = (np.concatenate([there[list(line)] for line in LANDMARKS[name]]).mean(0) for name in OPENINGS[:2])
    return on_eyeballs(left, right, mesh.vertices, mesh.components)


def _candidate(
    mesh: CleanMesh,
    network: CloningNet,
    matrix: np.ndarray,
    landmarks: np.ndarray | None,
    trusted: bool,
    ceiling: float,
    reasons: tuple[str, ...],
    by_openings: bool = False,
    budget: int = VERTICES,
) -> Candidate | None:
    """What the network thinks of the head so placed, at about `budget` vertices; None where nothing is near the
    face."""
    points = apply_transform(matrix, mesh.vertices)
    coarse = coarsened(points, mesh.triangles[in_head(points)[mesh.triangles].all(1)], budget)
    if coarse is None:
        return None
    points, local = coarse
    basis = operators(points, local, EIGENPAIRS)
    prediction = predict(network, points, basis, landmarks, trusted)
    judgement = judge(prediction.canonical, points, basis.normals, prediction.face, basis.mass)
    return Candidate(matrix, landmarks, trusted, by_openings, judgement, ceiling, reasons)


def in_head(points: np.ndarray) -> np.ndarray:
    """(n,) bool: which points (n, 3) of the canonical frame may belong to a head."""
    return ((points > HEAD_BOX[0]) & (points < HEAD_BOX[1])).all(1)
