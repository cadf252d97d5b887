"""The fitted head drawn over the photograph: shaded and as a wireframe, beside the photograph itself."""

import cv2
import numpy as np
import torch

from backend.fitting.fit import FaceFit
from backend.geometry.mesh import face_mesh
from backend.geometry.operators import vertex_normals
from backend.imaging.rasteriser import interpolate, rasterise

LARGEST = 1400
"""Pixels of the longer side of one panel."""

OPACITY, LINE_OPACITY = 0.7, 0.6
SURFACE, LINES = np.array([200.0, 212.0, 226.0]), (80.0, 220.0, 255.0)
AMBIENT = 0.2
SHIFT = 4
"""Bits of a pixel that lines are placed to."""


def overlay(pixels: np.ndarray, fit: FaceFit, number: int) -> np.ndarray:
    """(h, 3 w, 3) uint8: the photograph pixels (H, W, 3) that is fit's number-th, shaded head over it, wireframe over
    it; shrunk where it is larger than LARGEST."""
    scale = min(1.0, LARGEST / max(pixels.shape[:2]))
    width, height = (max(1, round(scale * side)) for side in pixels.shape[1::-1])
    photo = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    places = fit.vertices[number] @ fit.pose[number, :3, :3].T + fit.pose[number, :3, 3]
    seen = places * [1, -1, -1] @ fit.intrinsics[number].T
    screen = seen[:, :2] / seen[:, 2:] / pixels.shape[1::-1] * 2 - 1
    mesh = face_mesh(fit.neutral, fit.faces)
    triangles = torch.as_tensor(mesh.triangles)
    raster = rasterise(
        torch.as_tensor(np.column_stack([screen, -places[:, 2]]).astype(np.float32)),
        triangles,
        (height, width),
        perspective=True,
    )
    hit = (raster.faces >= 0).numpy()[..., None]
    normals = torch.as_tensor(vertex_normals(places, triangles.numpy())[:, 2:].astype(np.float32))
    facing = interpolate(normals, triangles, raster).abs().clamp(max=1).numpy()
    shaded = SURFACE * (AMBIENT + (1 - AMBIENT) * facing)
    solid = np.where(hit, (1 - OPACITY) * photo + OPACITY * shaded, photo)
    polygon = np.repeat(np.arange(len(mesh.sizes)), mesh.sizes - 2)
    seen_faces = fit.faces[np.unique(polygon[raster.faces[raster.faces >= 0].numpy()])]
    wired = _wireframe(photo, (screen + 1) / 2 * [width, height], seen_faces)
    return np.clip(np.concatenate([photo, solid, wired], axis=1) + 0.5, 0, 255).astype(np.uint8)


def _wireframe(photo: np.ndarray, pixels: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(H, W, 3) the photograph under the edges of faces. pixels: (V, 2)."""
    filled = np.where(faces < 0, faces[:, :1], faces)
    corners = np.round(pixels[filled] * (1 << SHIFT)).astype(np.int32)
    drawn = cv2.polylines(photo.copy(), list(corners), True, LINES, 1, cv2.LINE_AA, SHIFT)
    return photo + LINE_OPACITY * (drawn - photo)
