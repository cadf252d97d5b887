"""From photographs of one person to a head: shape, expressions, cameras."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.channels import ARKIT_NAMES, FACE_NAMES, arkit_from_face, convert_weights
from backend.errors import Progress, Refusal, silent
from backend.faces.open_head import load_open_head
from backend.fitting.basis import NAMES, open_head_basis, open_head_fitted
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
    which looks along -z. intrinsics: (P, 3, 3), OpenCV's, pixels. sizes: (P, 2) int32 height and width. landmarks: (P,
    478, 2) pixels, and residuals: (P, 478) of the fitted ones, pixels. confidence: (P,) in 0..1. model: whose identity
    codes these are.
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
    landmarks: np.ndarray
    residuals: np.ndarray
    confidence: np.ndarray
    model: str


def fit_photos(
    pictures: Sequence[np.ndarray],
    focals: Sequence[float | None],
    progress: Progress = silent,
    corrected: np.ndarray | None = None,
) -> FaceFit:
    """The open head fitted to photographs (H, W, 3) uint8 of one person. focals: pixels, None where unknown. corrected:
    (P, 478, 2) landmarks in pixels that are taken instead of those that are found.

    Raises Refusal where a picture shows no face, or landmarks cannot be found at all.
    """
    landmarks = seen_faces(pictures, progress)
    if corrected is not None:
        landmarks = [np.column_stack([points, face[:, 2]]) for points, face in zip(corrected, landmarks, strict=True)]
    sizes = [(len(pixels), len(pixels[0])) for pixels in pictures]
    flat = [face[:, :2] for face in landmarks]
    identity, views = solve(
        open_head_basis(),
        flat,
        sizes,
        focals,
        lambda fraction, text: progress(0.3 + 0.6 * fraction, text),
        learned_guess(np.stack(landmarks)),
    )
    progress(0.95, "Making the head")
    return _result(identity, views, flat, sizes)


def learned_guess(landmarks: np.ndarray) -> Guess:
    """What the learned start makes of landmarks (P, 478, 3) of one person's pictures."""
    start, seen = load_start(), placed(landmarks)
    codes, rests = start.neutral(seen)
    weights = convert_weights(start.expression(seen, rests.mean(0)), ARKIT_NAMES, NAMES)
    return Guess(codes.mean(0).astype(np.float64), list(weights.astype(np.float64)), GUESS_SPREAD, GUESSED_EXPRESSION)


def seen_faces(pictures: Sequence[np.ndarray], progress: Progress = silent) -> list[np.ndarray]:
    """(478, 3) landmarks, pixels, for each picture (H, W, 3) uint8, of its largest face, for the first 0.3 of the
    progress. Raises Refusal where a picture shows no face, or landmarks cannot be found at all."""
    if not available():
        raise Refusal("no-detector", "The landmark detector is missing.", "Repair the backend in the preferences.")
    landmarks = []
    with LandmarkDetector(faces=5) as detector:
        for number, pixels in enumerate(pictures):
            progress(0.3 * number / len(pictures), "Looking for the face")
            landmarks.append(find_face(pixels, detector)[0])
    return landmarks


def _result(
    identity: np.ndarray, views: list[View], landmarks: list[np.ndarray], sizes: list[tuple[int, int]]
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
