"""Find a face on any mesh by sight: landmarks seen in pictures of it, carried back to the surface."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from backend.cloning.close_views import same_place
from backend.cloning.closeup import Sighting, look_closely
from backend.cloning.guidance import FACING, UNGUIDED, Guidance
from backend.cloning.landmark_map import FACE_CENTRE, fit_landmarks
from backend.cloning.lift import lift_landmarks
from backend.cloning.photograph import Subject, photograph
from backend.cloning.viewpoints import Viewpoint, turned, upright, windows
from backend.errors import Progress, silent
from backend.geometry.decimate import decimate
from backend.geometry.similarity import apply_transform
from backend.imaging.camera import framing_camera
from backend.imaging.landmarks import LandmarkDetector, available

SEARCH_VERTICES = 20_000
PICTURE, WINDOW, LENS = 384, 224, 25.0

SCORE = 0.25
"""Of the detector: below its default, where toys and statues are recognised too; the fit sorts out the rest."""

CLEAR, DOUBTFUL = 0.07, 0.14
"""Residuals of a glance, in face widths: below the first, times the odds of the viewpoint, it is looked at closely at
once; above the second never."""

SECOND_LOOKS = 3
"""Doubtful glances that are looked at closely, the best ones."""

MOST_LOOKS = 3
"""Glances that are looked at closely in all."""

ROUNDS = 12
"""Steps of the fit of a glance."""

SURE = 0.75
"""Confidence at which the search ends."""

LEAST = 0.2
"""Confidence below which nothing was found."""


@dataclass(frozen=True)
class Glance:
    """What may be a face: canonical from mesh (4, 4), its residual in face widths, and from where it was seen."""

    transform: np.ndarray
    residual: float
    view: Viewpoint


def sight_face(
    vertices: np.ndarray,
    triangles: np.ndarray,
    components: np.ndarray,
    progress: Progress = silent,
    guidance: Guidance = UNGUIDED,
    views: Sequence[Viewpoint] = (*upright(), *turned()),
) -> Sighting | None:
    """The face on a triangle mesh in an unknown frame and scale, or None where none is seen or mediapipe is missing.

    vertices: (n, 3). triangles: (t, 3). components: (n,) int, the connected part of each vertex: lids and lips are
    taken from the parts that make up the face, not from eyeballs or teeth behind them. guidance: its front says
    which views to leave out and what to believe. A mirrored or hollow face (a
    mask seen from behind) is not taken: the fit has no reflection. Raises Cancelled where `progress` does.
    """
    if not available() or len(triangles) == 0:
        return None
    local_from_mesh = _unit_box(vertices, triangles)
    subject = Subject(apply_transform(local_from_mesh, vertices), triangles)
    best: Sighting | None = None
    looked: list[np.ndarray] = []
    with LandmarkDetector(faces=1, minimum_score=SCORE) as detector:
        for glance in _search(_lightened(subject), detector, progress, guidance, views):
            if not guidance.faces(glance.transform) or any(same_place(glance.transform, one) for one in looked):
                continue
            if len(looked) >= 2 * MOST_LOOKS:
                break
            # chin and brow of toys and blank eyes pass for each other, so a poor likeness is tried upside down too
            for transform in (glance.transform, _upside_down(glance.transform)):
                looked.append(transform)
                found = look_closely(subject, components, transform, detector, glance.view)
                if found is not None and not guidance.faces(found.canonical_from_mesh):
                    continue
                if found is not None and (best is None or found.confidence > best.confidence):
                    best = found
                if found is not None and found.confidence >= SURE:
                    break
            if best is not None and best.confidence >= SURE:
                break
    if best is None or best.confidence < LEAST:
        progress(1.0, "No face seen")
        return None
    progress(1.0, "Face seen")
    return replace(best, canonical_from_mesh=best.canonical_from_mesh @ local_from_mesh)


def look_at_face(
    vertices: np.ndarray, triangles: np.ndarray, components: np.ndarray, transform: np.ndarray, view: Viewpoint
) -> Sighting | None:
    """The face that is supposed at `transform` (4, 4), canonical from mesh, as sight_face would find it; None where
    none is seen there or mediapipe is missing. view: what to call where it is seen from, and how far to trust it."""
    if not available():
        return None
    local_from_mesh = _unit_box(vertices, triangles)
    subject = Subject(apply_transform(local_from_mesh, vertices), triangles)
    with LandmarkDetector(faces=1, minimum_score=SCORE) as detector:
        found = look_closely(subject, components, transform @ np.linalg.inv(local_from_mesh), detector, view)
    if found is None or found.confidence < LEAST:
        return None
    return replace(found, canonical_from_mesh=found.canonical_from_mesh @ local_from_mesh)


def _unit_box(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(4, 4) the similarity that moves what the triangles use to the origin and makes its longest side one."""
    used = np.unique(triangles)
    low, high = vertices[used].min(0).astype(np.float64), vertices[used].max(0).astype(np.float64)
    scale = 1.0 / max(float((high - low).max()), 1e-30)
    matrix = np.diag([scale, scale, scale, 1.0])
    matrix[:3, 3] = -(low + high) / 2 * scale
    return matrix


def _lightened(subject: Subject) -> Subject:
    """The subject with about SEARCH_VERTICES of its vertices at most."""
    used, triangles = np.unique(subject.triangles, return_inverse=True)
    vertices, triangles = subject.vertices[used], triangles.reshape(-1, 3).astype(np.int32)
    if len(used) > SEARCH_VERTICES:
        triangles = decimate(vertices, triangles, SEARCH_VERTICES)[0]
    return Subject(vertices, triangles)


def _search(
    subject: Subject,
    detector: LandmarkDetector,
    progress: Progress,
    guidance: Guidance,
    views: Sequence[Viewpoint],
) -> Iterator[Glance]:
    """Clear glances as they come, at the end the best of the doubtful ones."""
    doubtful: list[Glance] = []
    for count, viewpoint in enumerate(views):
        if guidance.front and viewpoint.rotation[2] @ guidance.axis < FACING:
            continue
        progress(0.9 * count / len(views), f"Looking for the face: view {count + 1} of {len(views)}")
        for glance in _best(_glances(subject, viewpoint, detector), 1):
            if glance.residual < CLEAR * viewpoint.odds:
                yield glance
            else:
                doubtful.append(glance)
    yield from _best(doubtful, SECOND_LOOKS)


def _upside_down(transform: np.ndarray) -> np.ndarray:
    """Half a turn in the picture plane about the middle of the face."""
    turn = np.diag([-1.0, -1.0, 1.0, 1.0])
    turn[:2, 3] = 2 * FACE_CENTRE[:2]
    return turn @ transform


def _best(glances: list[Glance], count: int) -> list[Glance]:
    return sorted(glances, key=lambda glance: glance.residual)[:count]


def _glances(subject: Subject, viewpoint: Viewpoint, detector: LandmarkDetector) -> list[Glance]:
    """The faces seen from one direction, in its picture's windows and turns."""
    camera = framing_camera(subject.vertices, viewpoint.rotation, LENS)
    raster, picture = photograph(subject, camera, PICTURE)
    silhouette = np.argwhere(raster.faces.numpy() >= 0)[::7, ::-1] + 0.5
    found: list[Glance] = []
    if len(silhouette) < 10:
        return found
    for roll in viewpoint.rolls:
        maps = list(windows(silhouette, roll, PICTURE))
        # most turns show nothing, which one look at all windows side by side tells
        if len(viewpoint.rolls) > 1 and not detector.detect(_side_by_side(picture, maps)):
            continue
        for window in maps:
            for face in detector.detect(_cut(picture, window, WINDOW)):
                pixels = (face[:, :2] / WINDOW - window[:, 2]) @ np.linalg.inv(window[:, :2]).T
                lifted = lift_landmarks(pixels, raster, subject.vertices, subject.triangles, camera)
                fit = fit_landmarks(lifted.points, rounds=ROUNDS)
                if fit is None:
                    continue
                front = fit[0][2, :3] / np.cbrt(np.linalg.det(fit[0][:3, :3]))
                if front @ camera.rotation[2] > 0.3 and fit[1] < DOUBTFUL:
                    found.append(Glance(*fit, viewpoint))
    return found


def _cut(picture: np.ndarray, window: np.ndarray, size: int) -> np.ndarray:
    """What a window (2, 3) shows of a picture, `size` pixels wide."""
    warp = window * size
    # cv2 counts pixels from their centres, the affine maps from their corners
    warp[:, 2] += warp[:, :2] @ [0.5, 0.5] - 0.5
    return cv2.warpAffine(picture, warp, (size, size), borderMode=cv2.BORDER_REPLICATE)


def _side_by_side(picture: np.ndarray, maps: list[np.ndarray]) -> np.ndarray:
    """Four windows in one picture of WINDOW pixels, each at half the size."""
    cuts = [_cut(picture, window, WINDOW // 2) for window in maps]
    return np.concatenate([np.concatenate(cuts[:2], axis=1), np.concatenate(cuts[2:], axis=1)])
