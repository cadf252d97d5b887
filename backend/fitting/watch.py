"""What can be seen of a fit while it goes on: the picture with the head so far over it."""

from collections.abc import Callable

import cv2
import numpy as np

from backend.channels import ARKIT_NAMES, convert_weights
from backend.faces.open_head import load_open_head
from backend.fitting.basis import NAMES, open_head_basis, open_head_fitted
from backend.fitting.fit_film import pose
from backend.fitting.learned_start import LearnedStart, placed
from backend.fitting.pinhole import Pinhole
from backend.fitting.solve import FOCAL, View

Show = Callable[[Callable[[], np.ndarray]], None]
"""Called with what draws a picture (H, W, 3) uint8; it has it drawn where somebody looks, and not too often."""

SIDE = 480
"""Pixels of such a picture's longer side."""

SURFACE, AMBIENT, OPACITY = np.array([200.0, 212.0, 226.0]), 0.25, 0.7
SHIFT = 4
"""Bits of a pixel that corners are placed to."""


def head_over(pixels: np.ndarray, vertices: np.ndarray, pose: np.ndarray, camera: Pinhole) -> np.ndarray:
    """(h, w, 3) uint8: pixels (H, W, 3), shrunk, and over them the open head, shaded. vertices: (V, 3). pose: (4, 4) to
    the camera's frame. camera: of the picture as it was.

    Faces are painted over each other from the farthest on: this takes a tenth of the time of the rasteriser's warm-up.
    """
    quads = load_open_head().quads
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    there = vertices @ pose[:3, :3].T + pose[:3, 3]
    filled = np.where(quads < 0, quads[:, :1], quads)
    flat, deep = (camera.project(there) * scale)[filled], there[filled]
    normals = np.cross(deep[:, 2] - deep[:, 0], deep[:, 3] - deep[:, 1])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    facing = np.flatnonzero((normals * deep[:, 0]).sum(1) < 0)
    order = facing[np.argsort(deep[facing, :, 2].mean(1), kind="stable")]
    colours = (SURFACE * (AMBIENT + (1 - AMBIENT) * np.clip(normals[order, 2:], 0, 1))).tolist()
    corners = np.round(flat[order] * (1 << SHIFT)).astype(np.int32)
    drawn = small.copy()
    for polygon, colour in zip(corners, colours, strict=True):
        cv2.fillConvexPoly(drawn, polygon, colour, cv2.LINE_AA, SHIFT)
    return cv2.addWeighted(drawn, OPACITY, small, 1 - OPACITY, 0)


def view_over(pixels: np.ndarray, identity: np.ndarray, view: View) -> np.ndarray:
    """The same of an identity code in a view of the photograph pixels (H, W, 3)."""
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = view.rotation, view.translation
    return head_over(pixels, open_head_fitted(identity, view.weights), pose, view.camera)


class FilmWatch:
    """Draws the frames of a film while its face is followed: the identity is the mean over what was drawn so far."""

    def __init__(self, show: Show, start: LearnedStart) -> None:
        self._show, self._start = show, start
        self._codes: list[np.ndarray] = []
        self._rests: list[np.ndarray] = []

    def see(self, pixels: np.ndarray, landmarks: np.ndarray) -> None:
        """A frame (H, W, 3) with the face that was found in it, (478, 3)."""
        self._show(lambda: self._draw(pixels, landmarks))

    def _draw(self, pixels: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        seen = placed(landmarks[None])
        code, rest = self._start.neutral(seen)
        self._codes.append(code[0])
        self._rests.append(rest[0])
        identity = np.mean(self._codes, axis=0)
        weights = convert_weights(self._start.expression(seen, np.mean(self._rests, axis=0)), ARKIT_NAMES, NAMES)[0]
        height, width = pixels.shape[:2]
        camera = Pinhole(FOCAL * max(height, width), (width / 2, height / 2))
        place, _ = pose(open_head_basis(), np.asarray(landmarks[:, :2], np.float64), camera, identity, weights)
        return head_over(pixels, open_head_fitted(identity, weights), place, camera)
