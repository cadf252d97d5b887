"""From photographs of one person to a head: shape, expressions, cameras."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from backend.channels import ARKIT_NAMES, FACE_NAMES, arkit_from_face, convert_weights
from backend.errors import Progress, Refusal, silent
from backend.faces.open_head import load_open_head
from backend.fitting.basis import NAMES, open_head_basis, open_head_fitted
from backend.fitting.corrections import Corrections, all_corrected
from backend.fitting.find_face import find_face
from backend.fitting.learned_start import load_start, placed
from backend.fitting.solve import OUTER_CORNERS, Guess, View, solve
from backend.imaging.landmarks import LandmarkDetector, available

SURE = 0.02
"""Median distance of landmarks to the fitted ones, in distances between the eyes' outer corners, of a fit that is half
sure: photographs of faces that are seen well leave 0.01."""

GUESS_SPREAD, GUESSED_EXPRESSION = 0.1, 0.2
"""Standard deviations of identity codes and of weights about a learned guess. Landmarks that may move the identity by
more fit photographs better and true heads worse (evaluate fitting)."""


@dataclass(frozen=True)
class FaceFit:
    """A head fitted to P photographs. Arrays float32 unless said; canonical frame, metres.

    faces: (F, 4) int32, -1 pads. neutral: (V, 3) the head at rest. vertices: (P, V, 3) with each picture's expression.
    identity: (I,). names: (C,) ARKit's, and channels: (P, C). pose: (P, 4, 4) from the canonical frame to the camera's,
    which looks along -z. intrinsics: (P, 3, 3), OpenCV's, pixels. sizes: (P, 2) int32 height and width. found: (P, 478,
    3) the detector's landmarks, pixels, z too. people: (P,) int32 how many faces each picture shows, of which the
    largest was taken. landmarks: (P, 478, 2) pixels, with the user's corrections, and residuals: (P, 478) of the fitted
    ones, pixels. confidence: (P,) in 0..1. model: whose identity codes these are.
    """

    faces: np.ndarray
    neutral: np.ndarray
    vertices: np.ndarray
    identity: np.ndarray
    names: tuple[str, ...]
    channels: np.ndarray
    pose: np.ndarray
    intrinsics: np.ndarray
    sizes: np.ndarray
    found: np.ndarray
    people: np.ndarray
    landmarks: np.ndarray
    residuals: np.ndarray
    confidence: np.ndarray
    model: str


def fit_photos(
    pictures: Sequence[np.ndarray],
    focals: Sequence[float | None],
    progress: Progress = silent,
    corrections: Sequence[Corrections] | None = None,
    see: Callable[[np.ndarray, list[View]], None] | None = None,
) -> FaceFit:
    """The open head fitted to photographs (H, W, 3) uint8 of one person. focals: pixels, None where unknown.
    corrections: of each picture, what the user has put right. see: is shown what each round of the fit has found.

    Raises Refusal where a picture shows no face, or landmarks cannot be found at all.
    """
    found, people = seen_faces(pictures, progress)
    sizes = [(len(pixels), len(pixels[0])) for pixels in pictures]
    return fit_to_landmarks(
        found, sizes, focals, lambda part, text: progress(0.3 + 0.7 * part, text), corrections, people, see
    )


def fit_to_landmarks(
    found: Sequence[np.ndarray],
    sizes: Sequence[tuple[int, int]],
    focals: Sequence[float | None],
    progress: Progress = silent,
    corrections: Sequence[Corrections] | None = None,
    people: Sequence[int] | None = None,
    see: Callable[[np.ndarray, list[View]], None] | None = None,
) -> FaceFit:
    """The same from landmarks (478, 3) that were found before. sizes: height and width of each picture. people: as in
    FaceFit, 1 where None."""
    flat, counts = all_corrected(found, corrections, opened_places())
    deep = np.stack([np.column_stack([points, face[:, 2]]) for points, face in zip(flat, found, strict=True)])
    identity, views = solve(
        open_head_basis(),
        flat,
        list(sizes),
        focals,
        lambda fraction, text: progress(0.8 * fraction, text),
        learned_guess(deep),
        counts,
        see,
    )
    progress(0.9, "Making the head")
    return _result(identity, views, flat, found, sizes, [1] * len(found) if people is None else people)


@cache
def opened_places() -> np.ndarray:
    """(478, 3) metres: the mean head's landmarks with its mouth open, where lips lie apart."""
    basis = open_head_basis()
    return basis.mean + basis.expression[basis.names.index("jawOpen")]


def learned_guess(landmarks: np.ndarray) -> Guess:
    """What the learned start makes of landmarks (P, 478, 3) of one person's pictures."""
    start, seen = load_start(), placed(landmarks)
    codes, rests = start.neutral(seen)
    weights = convert_weights(start.expression(seen, rests.mean(0)), ARKIT_NAMES, NAMES)
    return Guess(codes.mean(0).astype(np.float64), list(weights.astype(np.float64)), GUESS_SPREAD, GUESSED_EXPRESSION)


def seen_faces(pictures: Sequence[np.ndarray], progress: Progress = silent) -> tuple[list[np.ndarray], list[int]]:
    """(478, 3) landmarks, pixels, for each picture (H, W, 3) uint8, of its largest face, and how many faces there are,
    for the first 0.3 of the progress. Raises Refusal where a picture shows no face, or landmarks cannot be found at
    all."""
    if not available():
        raise Refusal("no-detector", "The landmark detector is missing.", "Repair the backend in the preferences.")
    seen = []
    with LandmarkDetector(faces=5) as detector:
        for number, pixels in enumerate(pictures):
            progress(0.3 * number / len(pictures), "Looking for the face")
            seen.append(find_face(pixels, detector))
    return [face for face, _ in seen], [count for _, count in seen]


def _result(
    identity: np.ndarray,
    views: list[View],
    landmarks: list[np.ndarray],
    found: Sequence[np.ndarray],
    sizes: Sequence[tuple[int, int]],
    people: Sequence[int],
) -> FaceFit:
    pose = np.tile(np.eye(4, dtype=np.float32), (len(views), 1, 1))
    face = np.zeros((len(views), len(FACE_NAMES)), np.float32)
    for number, view in enumerate(views):
        pose[number, :3, :3], pose[number, :3, 3] = view.rotation, view.translation
        face[number, [FACE_NAMES.index(name) for name in NAMES]] = view.weights
    head = load_open_head()
    return FaceFit(
        faces=head.quads,
        neutral=head.neutral(identity).astype(np.float32),
        vertices=np.stack([open_head_fitted(identity, view.weights) for view in views]),
        identity=identity.astype(np.float32),
        names=ARKIT_NAMES,
        channels=face @ arkit_from_face().T,
        pose=pose,
        intrinsics=np.stack([view.camera.intrinsics for view in views]).astype(np.float32),
        sizes=np.array(sizes, np.int32),
        found=np.stack(found).astype(np.float32),
        people=np.array(people, np.int32),
        landmarks=np.stack(landmarks).astype(np.float32),
        residuals=np.stack([view.residuals for view in views]).astype(np.float32),
        confidence=np.array([confidence(view, points) for view, points in zip(views, landmarks, strict=True)]),
        model="open head",
    )


def confidence(view: View, landmarks: np.ndarray) -> np.float32:
    """In 0..1, from how well the fitted landmarks lie on those that were found."""
    right, left = landmarks[list(OUTER_CORNERS)]
    error = np.median(view.residuals[:468]) / max(float(np.linalg.norm(left - right)), 1e-9)
    return np.float32(1 / (1 + (error / SURE) ** 2))
