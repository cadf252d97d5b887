"""Landmarks in a picture carried to the surface that the picture shows."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.landmark_map import LOWER_RIMS, RIMS, UPPER_RIMS, rim_neighbours
from backend.geometry.operators import triangle_normals
from backend.imaging.camera import Camera
from backend.imaging.rasteriser import Raster

STEEP = 4.0
"""Neighbouring pixels whose depths differ by more than this many pixels show different surfaces."""


@dataclass(frozen=True)
class Lifted:
    """points: (478, 3) float64 on the mesh, NaN where not seen. facing: (478,), cosine between the surface there and
    the direction to the viewer, zero where not seen. triangles: (478,) int, the triangle below, -1 where not seen."""

    points: np.ndarray
    facing: np.ndarray
    triangles: np.ndarray


def lift_landmarks(
    pixels: np.ndarray,
    raster: Raster,
    vertices: np.ndarray,
    triangles: np.ndarray,
    camera: Camera,
    expected: np.ndarray | None = None,
    tolerance: float = np.inf,
    rim_tolerance: float = np.inf,
    skin: np.ndarray | None = None,
    reach: float = 0.0,
) -> Lifted:
    """The surface points under landmarks (478, 2) in pixels of a square picture.

    expected: (478, 3), about where the points should be; a pixel further than `tolerance` (world units) from it along
    the view axis, after the median difference is taken out, shows something else. rim_tolerance: the same for lids and
    lips, against the difference of the skin around them, which keeps them out of an open mouth or an empty socket.
    skin: (t,) bool; lids and lips must lie there. A landmark whose own pixel is refused takes the nearest good one
    within `reach` (world units), or none; upper lids and lips one above it in the picture, lower ones one below.
    """
    size = raster.faces.shape[0]
    faces, weights, depth = raster.faces.numpy(), raster.barycentrics.numpy(), raster.depth.numpy()
    offsets = _disc(int(np.ceil(reach / (2 * camera.extent) * size)))
    at = np.floor(pixels[:, None, :2]).astype(np.int64) + offsets[None]  # (478, k, 2) columns and rows
    inside = ((at >= 0) & (at < size)).all(-1)
    column, row = np.clip(at[..., 0], 0, size - 1), np.clip(at[..., 1], 0, size - 1)
    face = np.where(inside, faces[row, column], -1)
    good = face >= 0
    if skin is not None:
        good[RIMS] &= skin[face[RIMS]]
    if expected is not None:
        ahead = camera.distance - (expected - camera.centre) @ camera.rotation[2]
        off = np.where(good, depth[row, column], np.nan) - ahead[:, None]
        middle = np.nanmedian(off[:, 0]) if np.isfinite(off[:, 0]).any() else 0.0
        with np.errstate(invalid="ignore"):
            good &= np.abs(off - middle) < tolerance
            if np.isfinite(rim_tolerance):
                own = np.where(good[:, 0], off[:, 0], np.nan)
                ground = _median(own[rim_neighbours()])
                ground = np.where(np.isfinite(ground), ground, middle)
                good[RIMS] &= np.abs(off[RIMS] - ground[:, None]) < rim_tolerance
    # an upper lid seen too low, on the eyeball, belongs above and not on the lower lid, which may be nearer
    length = np.hypot(*offsets.T)
    good[UPPER_RIMS] &= -offsets[:, 1] >= 0.7 * length
    good[LOWER_RIMS] &= offsets[:, 1] >= 0.7 * length
    found = good.any(1)
    first = good.argmax(1)
    index = np.arange(len(pixels))
    chosen = np.where(found, face[index, first], -1)
    allowed = faces >= 0
    on_skin = allowed if skin is None else allowed & skin[faces]
    around, share = _surrounding(pixels[:, :2] + offsets[first], size)
    with np.errstate(invalid="ignore"):
        beside = depth[around[..., 1], around[..., 0]] - depth[row[index, first], column[index, first]][:, None]
        share *= np.abs(beside) < STEEP * 2 * camera.extent / size
    share *= allowed[around[..., 1], around[..., 0]]
    share[RIMS] *= on_skin[around[RIMS, :, 1], around[RIMS, :, 0]]
    corners = vertices[triangles[faces[around[..., 1], around[..., 0]]]].astype(np.float64)
    places = (weights[around[..., 1], around[..., 0]][..., None] * corners).sum(2)
    points = (share[..., None] * places).sum(1) / np.maximum(share.sum(1), 1e-30)[:, None]
    normals = triangle_normals(vertices.astype(np.float64), triangles[chosen])
    towards = camera.centre + camera.rotation[2] * camera.distance - points if camera.lens > 0 else camera.rotation[2]
    cosine = (normals * towards).sum(1)
    length = np.linalg.norm(normals, axis=1) * np.linalg.norm(np.broadcast_to(towards, points.shape), axis=1)
    return Lifted(
        np.where(found[:, None], points, np.nan),
        np.where(found, np.abs(cosine) / np.maximum(length, 1e-300), 0.0),
        chosen,
    )


def _surrounding(spots: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The four pixels around each spot (p, 2): columns and rows (p, 4, 2), and their bilinear shares (p, 4)."""
    low = np.floor(spots - 0.5)
    along = spots - 0.5 - low
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    share = np.where(corners[None] == 1, along[:, None], 1 - along[:, None]).prod(2)
    return np.clip(low[:, None] + corners, 0, size - 1).astype(np.int64), share


def _median(values: np.ndarray) -> np.ndarray:
    """(p,) median of each row of (p, k) without its NaN; NaN where there is nothing else."""
    ordered = np.sort(values, axis=1)
    count = np.isfinite(values).sum(1)
    return ordered[np.arange(len(values)), np.maximum(count - 1, 0) // 2]


def _disc(radius: int) -> np.ndarray:
    """(k, 2) integer offsets within a radius, the nearest first."""
    steps = np.arange(-radius, radius + 1)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    square = (grid**2).sum(1)
    order = np.argsort(square, kind="stable")
    return grid[order][square[order] <= radius**2]
