"""What was seen in each photograph, kept with the camera that sees the head as it does."""

from collections.abc import Mapping
from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.errors import Refusal
from ..backend.fitting.corrections import CORRECTED, LANDMARKS, MOST, Corrections, corrected, no_corrections
from .fit_read import PhotoFit
from .fitted_head import FOUND, cameras_of

CORRECTIONS, WEIGHTS = "facsimile_corrections", "facsimile_weights"
SIZE, FOCAL, UPRIGHT = "facsimile_size", "facsimile_focal", "facsimile_upright"
MAP = "facsimile_map"
"""The number of the UV map that has the camera's photograph, of one that the texture shows."""

OPENED = "facsimile_opened"
"""Custom property of the head's empty: where landmarks lie on a face with its mouth open."""


@dataclass(frozen=True)
class PhotoView:
    """found: (478, 3) the detector's landmarks, pixels. size: height and width of the picture. focal: pixels, 0 where
    the camera did not note it. corrections: what the user has put right."""

    found: np.ndarray
    size: tuple[int, int]
    focal: float
    corrections: Corrections

    def points(self, opened: np.ndarray) -> np.ndarray:
        """(478, 2) pixels: the landmarks with what the user has put right. opened: (478, 3), as kept by the head."""
        return corrected(self.found, self.corrections, opened)


def keep_view(camera: bpy.types.Object, head: bpy.types.Object, fit: PhotoFit, number: int) -> None:
    """Keep what was seen in a fit's number-th photograph."""
    camera.facsimile_view.head = head
    camera.facsimile_view.order = number
    camera[FOUND] = fit.found[number].reshape(-1).tolist()
    camera[SIZE] = fit.sizes[number].tolist()
    camera[FOCAL] = float(fit.focals[number])
    camera[UPRIGHT] = [fit.turns[number], int(fit.mirrored[number])]
    keep_corrections(camera, no_corrections())


def keep_corrections(camera: bpy.types.Object, corrections: Corrections) -> None:
    """Keep what the user has put right."""
    camera[CORRECTIONS] = corrections.landmarks.reshape(-1).tolist()
    camera[WEIGHTS] = corrections.weights.tolist()


def read_view(camera: bpy.types.Object) -> PhotoView:
    """What a camera keeps. Raises Refusal where it keeps nothing, or what is none."""
    found = _kept(camera, FOUND, (LANDMARKS, 3))
    size, focal = _kept(camera, SIZE, (2,)), _kept(camera, FOCAL, ())
    places, weights = _kept(camera, CORRECTIONS, (LANDMARKS, 2), finite=False), _kept(camera, WEIGHTS, (LANDMARKS,))
    if not (size >= 1).all() or not (weights > 0).all() or not (weights <= MOST).all() or focal < 0:
        raise _lost(camera)
    return PhotoView(found, (int(size[0]), int(size[1])), float(focal), Corrections(places, weights))


def read_views(head: bpy.types.Object) -> list[tuple[bpy.types.Object, PhotoView]]:
    """The cameras of a head with what they keep. Raises Refusal where there are none."""
    views = [(camera, read_view(camera)) for camera in cameras_of(head) if FOUND in camera]
    if not views:
        raise Refusal(
            "no-photograph",
            f'"{head.name}" has no photographs, or their cameras are gone.',
            "Fit a photograph again.",
        )
    return views


def upright_of(camera: bpy.types.Object) -> tuple[int, bool]:
    """Quarter turns counterclockwise that bring the photograph's pixels upright, and whether left and right are changed
    after them. Raises Refusal where a camera does not keep it."""
    turns, mirrored = _kept(camera, UPRIGHT, (2,)).tolist()
    return int(turns), bool(mirrored)


def read_opened(head: bpy.types.Object) -> np.ndarray:
    """(478, 3) metres. Raises Refusal where it is not there."""
    return _kept(head, OPENED, (LANDMARKS, 3))


def with_points(view: PhotoView, points: Mapping[int, tuple[float, float, float]], anew: bool = False) -> Corrections:
    """A view's corrections with more of them, or these alone: landmarks' numbers to x, y in pixels and a weight,
    CORRECTED where it is 0. Raises Refusal for numbers that no landmark has."""
    before = no_corrections() if anew else view.corrections
    landmarks, weights = before.landmarks.copy(), before.weights.copy()
    for number, (x, y, weight) in points.items():
        if not 0 <= number < LANDMARKS or not np.isfinite([x, y]).all() or not 0 <= weight <= MOST:
            raise Refusal(
                "bad-point",
                f"There is no landmark {number}, or its place or weight is no number that fits.",
                f"Landmarks are numbered from 0 to {LANDMARKS - 1}, weights go up to {MOST:g}.",
            )
        landmarks[number], weights[number] = (x, y), weight or CORRECTED
    return Corrections(landmarks, weights)


def _kept(owner: bpy.types.Object, name: str, shape: tuple[int, ...], finite: bool = True) -> np.ndarray:
    try:
        values = np.array(owner.get(name, ()), np.float64).reshape(shape)
    except (TypeError, ValueError) as error:
        raise _lost(owner) from error
    if finite and not np.isfinite(values).all():
        raise _lost(owner)
    return values


def _lost(owner: bpy.types.Object) -> Refusal:
    return Refusal(
        "no-landmarks", f'"{owner.name}" has lost what was seen in its photograph.', "Fit the photograph again."
    )
