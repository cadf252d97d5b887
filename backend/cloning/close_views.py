"""Close pictures of a supposed face from several sides, and the face that each of them shows."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.landmark_map import (
    FACE,
    FACE_CENTRE,
    SKIN,
    canonical_landmarks,
    canonical_normals,
    fit_landmarks,
)
from backend.cloning.lift import Lifted, lift_landmarks
from backend.cloning.photograph import Subject, photograph
from backend.cloning.recognise import recognise
from backend.geometry.similarity import apply_transform
from backend.imaging.camera import Camera, view_rotation
from backend.imaging.landmarks import LandmarkDetector
from backend.imaging.rasteriser import Raster

SIZE, LENS = 448, 25.0
FRAMINGS = (0.17, 0.28)
"""Half heights of close pictures, canonical metres: the face fills it, or half of it as some toys need."""

VIEWS = ((0, 0), (-25, 0), (25, 0), (0, 12), (0, -12))
"""Yaw and pitch of the close pictures in the face's own frame, degrees."""

CLOSEST = 0.5
"""Share of its residual at which the closest framing is compared with others."""

FEWEST_VIEWS = 3
"""Close views that must agree; smooth balls pass for a face now and then from one side."""

WORST = 0.14
"""Residual of one view, in face widths, above which what was recognised is no face."""


@dataclass(frozen=True)
class CloseView:
    """The face in one picture: its landmarks on the surface, how far each is to be trusted (478,), canonical from mesh
    (4, 4) and the landmarks' median residual in face widths."""

    lifted: Lifted
    weights: np.ndarray
    transform: np.ndarray
    residual: float


def _agreeing(views: list[CloseView]) -> list[CloseView]:
    """The views that put the face where the best of them does."""
    if not views:
        return []
    best = min(views, key=lambda view: view.residual)
    return [view for view in views if view.residual < WORST and same_place(view.transform, best.transform)]


def same_place(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two transforms (4, 4) canonical from mesh put the face about the same: 18 degrees, a quarter of its
    width, a quarter of its size."""
    difference = one @ np.linalg.inv(other)
    scale = np.cbrt(np.linalg.det(difference[:3, :3]))
    turn = np.degrees(np.arccos(np.clip((np.trace(difference[:3, :3]) / scale - 1) / 2, -1, 1)))
    shift = np.linalg.norm(apply_transform(difference, FACE_CENTRE) - FACE_CENTRE)
    return bool(turn < 18 and abs(np.log(scale)) < 0.25 and shift < 0.25 * FACE)


def close_camera(transform: np.ndarray, angles: tuple[float, float], extent: float) -> Camera:
    """Looks at a face from yaw and pitch in its own frame; extent in canonical metres."""
    scale = np.cbrt(np.linalg.det(transform[:3, :3]))
    centre = apply_transform(np.linalg.inv(transform), FACE_CENTRE)
    return Camera(view_rotation(*angles) @ (transform[:3, :3] / scale), centre, extent / scale, LENS)


@dataclass(frozen=True)
class _Picture:
    """angles: yaw and pitch, degrees. image: (SIZE, SIZE, 3)."""

    angles: tuple[float, float]
    camera: Camera
    raster: Raster
    image: np.ndarray


@dataclass(frozen=True)
class _Shot:
    """A close picture in which a face was recognised. pixels: (478, 2)."""

    picture: _Picture
    pixels: np.ndarray


class Album:
    """Close pictures of one supposed face, each taken once. components: (n,) int of the subject's vertices."""

    def __init__(
        self, subject: Subject, transform: np.ndarray, components: np.ndarray, detector: LandmarkDetector
    ) -> None:
        self.subject, self.transform, self.components, self._detector = subject, transform, components, detector
        self._pictures: dict[tuple[tuple[float, float], float], _Picture] = {}

    def shot(self, angles: tuple[float, float], extent: float, changes: int) -> _Shot | None:
        """What is recognised in one picture; None where nothing is. changes: see recognise."""
        if (angles, extent) not in self._pictures:
            camera = close_camera(self.transform, angles, extent)
            raster, image = photograph(self.subject, camera, SIZE)
            self._pictures[angles, extent] = _Picture(angles, camera, raster, image)
        picture = self._pictures[angles, extent]
        pixels = recognise(picture.image, self._detector, changes)
        return None if pixels is None else _Shot(picture, pixels)


def first_view(subject: Subject, transform: np.ndarray, detector: LandmarkDetector) -> CloseView | None:
    """The face at first sight from the front, in its better framing."""
    album = Album(subject, transform, np.zeros(0), detector)
    seen = _straight_views(subject, transform, {extent: album.shot((0, 0), extent, 1) for extent in FRAMINGS})
    return seen[_framing(seen)] if seen else None


def look_around(album: Album, changes: int) -> tuple[list[CloseView], int]:
    """The close views that agree on where the face is, and how many pictures showed one."""
    subject, transform = album.subject, album.transform
    straight = {extent: album.shot((0, 0), extent, changes) for extent in FRAMINGS}
    seen = _straight_views(subject, transform, straight)
    if not seen:
        return [], 0
    framing = _framing(seen)
    skin = _skin(album.components[subject.triangles[:, 0]], seen[framing].lifted.triangles[SKIN])
    tried, views, agreeing = 0, [], []
    for extent in sorted(FRAMINGS, key=lambda extent: extent != framing):
        others = [album.shot(angles, extent, changes) for angles in VIEWS[1:]]
        looks = [_look(subject, transform, shot, skin) for shot in (straight[extent], *others)]
        tried += len(looks)
        views += [look for look in looks if look is not None]
        agreeing = _agreeing(views)
        if len(agreeing) >= len(VIEWS) - 1 or len(agreeing) < FEWEST_VIEWS - 1:
            break
    return agreeing, tried


def _look(subject: Subject, transform: np.ndarray, shot: _Shot | None, skin: np.ndarray | None) -> CloseView | None:
    """The landmarks of a picture on the surface; None where they do not make a face."""
    if shot is None:
        return None
    scale = np.cbrt(np.linalg.det(transform[:3, :3]))
    inverse = np.linalg.inv(transform)
    lifted = lift_landmarks(
        shot.pixels,
        shot.picture.raster,
        subject.vertices,
        subject.triangles,
        shot.picture.camera,
        expected=apply_transform(inverse, canonical_landmarks()),
        tolerance=0.3 * FACE / scale,
        rim_tolerance=0.045 * FACE / scale,
        skin=skin,
        reach=0.012 / scale,
    )
    # the detector also places landmarks that are turned away: at the outline, on some other part of the surface
    turned = canonical_normals() @ view_rotation(*shot.picture.angles)[2]
    weights = np.where(lifted.facing > 0.15, np.clip(turned - 0.15, 0, 0.5), 0.0)
    fit = fit_landmarks(lifted.points, weights)
    return None if fit is None else CloseView(lifted, weights, *fit)


def _straight_views(
    subject: Subject, transform: np.ndarray, shots: dict[float, _Shot | None]
) -> dict[float, CloseView]:
    """By framing the pictures from the front that show a face."""
    looks = {extent: _look(subject, transform, shot, None) for extent, shot in shots.items()}
    return {extent: look for extent, look in looks.items() if look is not None and look.residual < WORST}


def _framing(seen: dict[float, CloseView]) -> float:
    """The closest framing, unless the face is clearly better recognised in another: ties must not be left to chance."""
    return min(seen, key=lambda extent: seen[extent].residual * (CLOSEST if extent == min(seen) else 1.0))


def _skin(component: np.ndarray, hit: np.ndarray) -> np.ndarray:
    """(t,) bool: triangles of the parts that carry the face. component: (t,). hit: triangles that its landmarks hit."""
    parts, counts = np.unique(component[hit[hit >= 0]], return_counts=True)
    return np.isin(component, parts[counts >= 0.1 * counts.sum()])
