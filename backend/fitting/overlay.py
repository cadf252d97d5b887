"""The fitted head drawn over the photograph or the film: shaded and as a wireframe, beside the picture itself."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch

from backend.channels import ARKIT_NAMES, convert_weights
from backend.errors import Progress, silent
from backend.faces.open_head import load_open_head
from backend.fitting.basis import NAMES, open_head_fitted
from backend.fitting.film import Film
from backend.fitting.fit import FaceFit
from backend.fitting.fit_film import FilmFit
from backend.geometry.mesh import face_mesh
from backend.geometry.operators import vertex_normals
from backend.imaging.rasteriser import interpolate, rasterise
from backend.imaging.write_film import write_film

LARGEST = 1400
"""Pixels of the longer side of one panel."""

FILM_HEIGHT = 480
"""Pixels of a film with overlays, three times as wide as the first film."""

OPACITY, LINE_OPACITY = 0.7, 0.6
SURFACE, LINES = np.array([200.0, 212.0, 226.0]), (80.0, 220.0, 255.0)
AMBIENT = 0.2
SHIFT = 4
"""Bits of a pixel that lines are placed to."""


def overlay(pixels: np.ndarray, fit: FaceFit, number: int) -> np.ndarray:
    """(h, 3 w, 3) uint8: the photograph pixels (H, W, 3) that is fit's number-th, with its head as draw_over has it."""
    return draw_over(pixels, fit.faces, fit.vertices[number], fit.pose[number], fit.intrinsics[number])


def draw_over(
    pixels: np.ndarray, faces: np.ndarray, vertices: np.ndarray, pose: np.ndarray, intrinsics: np.ndarray
) -> np.ndarray:
    """(h, 3 w, 3) uint8: the picture pixels (H, W, 3), shaded head over it, wireframe over it; shrunk where it is
    larger than LARGEST. faces: (F, 4), vertices: (V, 3), pose: (4, 4) and intrinsics: (3, 3) as in FaceFit."""
    scale = min(1.0, LARGEST / max(pixels.shape[:2]))
    width, height = (max(1, round(scale * side)) for side in pixels.shape[1::-1])
    photo = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    places = vertices @ pose[:3, :3].T + pose[:3, 3]
    seen = places * [1, -1, -1] @ intrinsics.T
    screen = seen[:, :2] / seen[:, 2:] / pixels.shape[1::-1] * 2 - 1
    mesh = face_mesh(vertices, faces)
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
    seen_faces = faces[np.unique(polygon[raster.faces[raster.faces >= 0].numpy()])]
    wired = _wireframe(photo, (screen + 1) / 2 * [width, height], seen_faces)
    return np.clip(np.concatenate([photo, solid, wired], axis=1) + 0.5, 0, 255).astype(np.uint8)


def _wireframe(photo: np.ndarray, pixels: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(H, W, 3) the photograph under the edges of faces. pixels: (V, 2)."""
    filled = np.where(faces < 0, faces[:, :1], faces)
    corners = np.round(pixels[filled] * (1 << SHIFT)).astype(np.int32)
    drawn = cv2.polylines(photo.copy(), list(corners), True, LINES, 1, cv2.LINE_AA, SHIFT)
    return photo + LINE_OPACITY * (drawn - photo)


def film_overlay(film: Path, fit: FilmFit, place: Path, progress: Progress = silent) -> None:
    """The overlay of every frame of a film as H.264 in MP4; frames without a face as they are. Raises Refusal."""
    with Film(film) as source:
        write_film(place, _overlays(source, fit, progress), source.rate, FILM_HEIGHT)


def _overlays(source: Film, fit: FilmFit, progress: Progress) -> Iterator[np.ndarray]:
    """(H, 3 W, 3) uint8 for each frame that was read for the fit."""
    head, own = load_open_head(), convert_weights(fit.weights, ARKIT_NAMES, NAMES)
    for number, frame in enumerate(islice(source, fit.frames)):
        progress(number / fit.frames, f"Drawing frame {number + 1}")
        if not np.isfinite(fit.poses[number, 0, 0]):
            yield np.tile(frame.pixels, (1, 3, 1))
            continue
        vertices = open_head_fitted(fit.identity, own[number])
        yield draw_over(frame.pixels, head.quads, vertices, fit.poses[number], fit.camera.intrinsics)
