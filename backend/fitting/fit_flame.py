"""From photographs of one person to a FLAME head, with an encoder's codes as the start or as the result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from backend.channels import ARKIT_NAMES
from backend.errors import Progress, Refusal, silent
from backend.faces.flame_codes import FlameCodes
from backend.faces.flame_face import JAW, FlameFace
from backend.faces.flame_facs import channels
from backend.fitting.basis import StillBasis
from backend.fitting.corrections import Corrections, all_corrected
from backend.fitting.fit import FaceFit, confidence, opened_places, seen_faces
from backend.fitting.flame_basis import FlameBasis
from backend.fitting.solve import Guess, View, solve

Encode = Callable[[np.ndarray, np.ndarray], FlameCodes]
"""Codes of a photograph (H, W, 3) uint8 with the landmarks (478, 2) of its face."""


@dataclass(frozen=True)
class FlameFit(FaceFit):
    """A FaceFit whose identity (I,) is FLAME's. expression: (P, E). rotations: (P, 5, 3) of the joints, root and neck
    at rest, for pose is the whole head's. eyelids: (P, 2) left, right, 1 shut. codes_from: whose identity and
    expression these are: the fit's own, or an encoder's."""

    expression: np.ndarray
    rotations: np.ndarray
    eyelids: np.ndarray
    codes_from: str


def fit_flame(
    face: FlameFace,
    pictures: Sequence[np.ndarray],
    focals: Sequence[float | None],
    encode: Encode | None = None,
    keep: bool = False,
    progress: Progress = silent,
    corrections: Sequence[Corrections] | None = None,
) -> FlameFit:
    """A FLAME head fitted to photographs (H, W, 3) uint8 of one person. focals: pixels, None where unknown. encode:
    what gives a start. keep: take what it gives for the result, and fit the camera alone. corrections: of each picture,
    what the user has put right. Raises Refusal as fit_photos does, and for an encoder that says nothing of the
    expression where its codes are to be kept."""
    found, people = seen_faces(pictures, progress)
    landmarks, counts = all_corrected(found, corrections, opened_places())
    sizes = [(len(pixels), len(pixels[0])) for pixels in pictures]
    basis = FlameBasis(face)
    guess, told = None, None
    if encode is not None:
        progress(0.3, "Encoding the face")
        told = [encode(*one) for one in zip(pictures, landmarks, strict=True)]
        guess = _guess(basis, told)
        if keep and not all(len(codes.expression) for codes in told):
            raise Refusal(
                "no-expression",
                f"{told[0].source} says nothing of the expression.",
                "Leave out --keep-codes: the fit then finds it.",
            )
    if keep and guess is not None:
        identity, views = _cameras(basis, guess, landmarks, sizes, focals, counts)
    else:
        identity, views = solve(
            basis, landmarks, sizes, focals, lambda part, text: progress(0.35 + 0.5 * part, text), guess, counts
        )
    progress(0.9, "Making the head")
    source = f"{told[0].source}, kept" if told and keep else f"fit from {told[0].source}" if told else "fit"
    return _result(basis, identity, views, landmarks, sizes, source, found, people)


def _guess(basis: FlameBasis, told: Sequence[FlameCodes]) -> Guess:
    """What codes of all pictures of a person together say."""
    identity = np.zeros(basis.modes)
    count = min(basis.modes, len(told[0].identity))
    identity[:count] = np.mean([codes.identity[:count] for codes in told], axis=0)
    return Guess(identity, [basis.weights(one.expression, one.rotations[JAW], one.eyelids) for one in told])


def _cameras(
    basis: FlameBasis,
    guess: Guess,
    landmarks: Sequence[np.ndarray],
    sizes: Sequence[tuple[int, int]],
    focals: Sequence[float | None],
    counts: Sequence[np.ndarray],
) -> tuple[np.ndarray, list[View]]:
    """The identity and weights of a guess as they are, under the cameras that fit them best."""
    views = []
    for points, size, focal, count, weights in zip(landmarks, sizes, focals, counts, guess.weights, strict=True):
        still = StillBasis(basis.places(guess.identity, weights)[0], basis.normals)
        _, (view,) = solve(still, [points], [size], [focal], counts=[count])
        views.append(View(weights, view.rotation, view.translation, view.camera, view.residuals))
    return guess.identity, views


def _result(
    basis: FlameBasis,
    identity: np.ndarray,
    views: Sequence[View],
    landmarks: Sequence[np.ndarray],
    sizes: Sequence[tuple[int, int]],
    source: str,
    found: Sequence[np.ndarray],
    people: Sequence[int],
) -> FlameFit:
    face = basis.face
    expression, rotations, eyelids = (
        np.stack(part) for part in zip(*(basis.codes(v.weights) for v in views), strict=True)
    )
    pose = np.tile(np.eye(4, dtype=np.float32), (len(views), 1, 1))
    for number, view in enumerate(views):
        pose[number, :3, :3], pose[number, :3, 3] = view.rotation, view.translation
    # Of pictures that do not follow each other in time each stands for itself.
    told = [
        channels(face, expression[n : n + 1], rotations[n : n + 1], eyelids[n : n + 1])[0] for n in range(len(views))
    ]
    rest = np.zeros_like(rotations[0])
    return FlameFit(
        faces=np.pad(face.model.faces, ((0, 0), (0, 1)), constant_values=-1).astype(np.int32),
        neutral=face.posed(identity, np.zeros(0), rest),
        vertices=np.stack([face.posed(identity, *one) for one in zip(expression, rotations, eyelids, strict=True)]),
        identity=identity.astype(np.float32),
        names=ARKIT_NAMES,
        channels=np.stack(told).astype(np.float32),
        pose=pose,
        intrinsics=np.stack([view.camera.intrinsics for view in views]).astype(np.float32),
        sizes=np.array(sizes, np.int32),
        found=np.stack(found).astype(np.float32),
        people=np.array(people, np.int32),
        landmarks=np.stack(landmarks).astype(np.float32),
        residuals=np.stack([view.residuals for view in views]).astype(np.float32),
        confidence=np.array([confidence(view, points) for view, points in zip(views, landmarks, strict=True)]),
        model=f"FLAME {face.model.version}",
        expression=expression,
        rotations=rotations,
        eyelids=eyelids,
        codes_from=source,
    )
