"""A close look at a supposed face from several sides: its landmarks, its frame, and how far to trust them."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.close_views import (
    FEWEST_VIEWS,
    Album,
    CloseView,
    close_camera,
    first_view,
    look_around,
    same_place,
)
from backend.cloning.judge import fall
from backend.cloning.landmark_map import (
    FACE,
    fit_landmarks,
    mirrored_landmarks,
    symmetric_landmarks,
)
from backend.cloning.photograph import Subject
from backend.cloning.recognise import CHANGES
from backend.cloning.stand_in import balls, stand_in_eyes
from backend.cloning.steady import steady_frame
from backend.cloning.straighten import straighten
from backend.cloning.viewpoints import Viewpoint
from backend.geometry.similarity import apply_transform
from backend.imaging.camera import view
from backend.imaging.landmarks import LandmarkDetector

STYLISED = 0.04
"""Residual, in face widths, from which on the landmarks are less to be trusted than the symmetry of the surface."""

SYMMETRIC = 0.001
"""Unevenness, in face widths, up to which a face is its own mirror image. Modelled faces whose author mirrored one side
have at most 0.0004, all others, scans among them, at least 0.0016."""


@dataclass(frozen=True)
class Sighting:
    """A face found on a mesh.

    canonical_from_mesh: (4, 4) float64 similarity. landmarks: (478, 3) float32 on the surface, in the canonical frame,
    NaN where not seen. residual: median distance of the landmarks from the standard face's, in face widths.
    confidence: 0..1. view: where it was first seen from. reasons: what the confidence rests on.
    """

    canonical_from_mesh: np.ndarray
    landmarks: np.ndarray
    residual: float
    confidence: float
    view: str
    reasons: tuple[str, ...]


def look_closely(
    subject: Subject, components: np.ndarray, transform: np.ndarray, detector: LandmarkDetector, seen_from: Viewpoint
) -> Sighting | None:
    """The face near a first estimate `transform` (4, 4) canonical from mesh, or None where it does not bear a second
    look. components: (n,) int of the subject's vertices. seen_from: what gave the estimate."""
    near = _neighbourhood(subject, transform)
    first = first_view(near, transform, detector)
    if first is None:
        return None
    transform = first.transform
    subject, components = _with_eyes(near, subject, components, transform, first.lifted.points)
    near = _neighbourhood(subject, transform)
    if first.residual > STYLISED:
        transform = _straightened(near, transform)
    steady = steady_frame(near, transform)
    if steady is not None and same_place(steady, transform):
        transform = steady
    album = Album(_neighbourhood(subject, transform), transform, components, detector)
    # most of what is no face is told by a first impression
    if len(look_around(album, 1)[0]) < FEWEST_VIEWS - 1:
        return None
    agreeing, tried = look_around(album, len(CHANGES))
    if len(agreeing) < FEWEST_VIEWS:
        return None
    near = album.subject
    points, spread = _fuse(agreeing, transform)
    fit = fit_landmarks(points)
    if fit is None:
        return None
    transform, residual = fit
    landmarks = apply_transform(transform, points)
    unevenness = _unevenness(near, transform)
    straight_on = _straightened(near, transform)
    evened = _unevenness(near, straight_on)
    if evened < (unevenness if residual > STYLISED else SYMMETRIC):
        transform, unevenness, landmarks = straight_on, evened, apply_transform(straight_on, points)
    if unevenness < SYMMETRIC:
        landmarks = symmetric_landmarks(landmarks)
    confidence, reasons = _judge(landmarks, residual, spread, unevenness, len(agreeing), tried)
    if seen_from.odds < 1 and residual > 0.03:
        confidence *= seen_from.odds ** min((residual - 0.03) / 0.03, 1.0)
        reasons = (*reasons, "a poor likeness, on a side where files seldom have a face")
    return Sighting(transform, landmarks.astype(np.float32), residual, confidence, seen_from.name, reasons)


def _with_eyes(
    near: Subject, subject: Subject, components: np.ndarray, transform: np.ndarray, points: np.ndarray
) -> tuple[Subject, np.ndarray]:
    """The subject and its components with eyeballs in open sockets: lids around nothing are seen elsewhere than around
    eyes. points: (478, 3) the landmarks on the mesh as far as they were seen."""
    landmarks = apply_transform(transform, points)
    eyes = stand_in_eyes(apply_transform(transform, near.vertices), near.triangles, landmarks)
    vertices, triangles = balls(eyes)
    if len(triangles) == 0:
        return subject, components
    both = Subject(
        np.concatenate([subject.vertices, apply_transform(np.linalg.inv(transform), vertices)]),
        np.concatenate([subject.triangles, triangles + len(subject.vertices)]),
    )
    return both, np.concatenate([components, np.full(len(vertices), int(components.max()) + 1)])


def _neighbourhood(subject: Subject, transform: np.ndarray) -> Subject:
    """The triangles within a head's reach of the face, so that a close look at a large body costs little."""
    canonical = apply_transform(transform, subject.vertices)
    keep = (np.abs(canonical - [0, 0, 0]) < 0.35).all(1)[subject.triangles].any(1)
    near = Subject(subject.vertices, subject.triangles[keep])
    near.normals = subject.normals
    return near


def _straightened(subject: Subject, transform: np.ndarray) -> np.ndarray:
    used = np.unique(subject.triangles)
    return straighten(subject.vertices[used], subject.normals[used], transform)


def _unevenness(subject: Subject, transform: np.ndarray) -> float:
    """How much the surface's depth seen from the front differs from its mirror image, in face widths (median)."""
    camera = close_camera(transform, (0, 0), FACE / 2)
    depth = view(subject.vertices, subject.triangles, camera, 96).depth.numpy()
    both = np.isfinite(depth + depth[:, ::-1])
    if both.mean() < 0.2:
        return 1.0
    return float(np.median(np.abs(depth[both] - depth[:, ::-1][both]))) / (
        FACE / np.cbrt(np.linalg.det(transform[:3, :3]))
    )


def _fuse(views: list[CloseView], transform: np.ndarray) -> tuple[np.ndarray, float]:
    """(478, 3) points over all views, and how far the views lie from them, in face widths (median)."""
    scale = np.cbrt(np.linalg.det(transform[:3, :3]))
    points = np.stack([view.lifted.points for view in views])
    weights = np.stack([view.weights for view in views])
    middle = np.stack([_weighted_median(points[..., axis], weights) for axis in range(3)], axis=1)
    distance = np.linalg.norm(points - middle, axis=2)
    inner = np.where(distance < 0.06 * FACE / scale, weights, 0.0)
    total = inner.sum(0)
    mean = (np.nan_to_num(points) * inner[..., None]).sum(0) / np.maximum(total, 1e-30)[:, None]
    fused = np.where(total[:, None] > 0, mean, middle)
    off = np.linalg.norm(points - fused, axis=2)[weights > 0.05]
    return fused, float(np.median(off)) * scale / FACE if len(off) else 1.0


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(p,) from values and weights (v, p); NaN where all weights are zero."""
    order = np.argsort(np.where(weights > 0, values, np.inf), axis=0)
    ordered = np.take_along_axis(values, order, 0)
    running = np.cumsum(np.take_along_axis(weights, order, 0), axis=0)
    at = (running >= 0.5 * running[-1]).argmax(0)
    return np.where(running[-1] > 0, ordered[at, np.arange(values.shape[1])], np.nan)


def _judge(
    landmarks: np.ndarray, residual: float, spread: float, unevenness: float, views: int, tried: int
) -> tuple[float, tuple[str, ...]]:
    """A confidence in 0..1 and what it rests on."""
    mirror = mirrored_landmarks()
    asymmetry = float(np.nanmedian(np.linalg.norm(landmarks - (landmarks * [-1, 1, 1])[mirror], axis=1))) / FACE
    share = float(np.isfinite(landmarks[:468]).all(1).mean())
    parts = (
        fall(residual, 0.035, 0.13),
        fall(spread, 0.018, 0.08),
        fall(asymmetry, 0.02, 0.12),
        fall(unevenness, 0.02, 0.10),
        fall(1 - share, 0.1, 0.6),
        fall(1 - views / tried, 0.2, 1.1),
    )
    reasons = (
        f"landmarks lie {residual:.1%} of a face's width from the standard face",
        f"views from several sides agree within {spread:.1%}",
        f"the landmarks of the left and right side differ by {asymmetry:.1%}, the surface by {unevenness:.1%}",
        f"{share:.0%} of the landmarks are seen, the face is recognised in {views} of {tried} close views",
    )
    return float(np.prod(parts)) ** 0.5, reasons
