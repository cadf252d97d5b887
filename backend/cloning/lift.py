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
    faces, weights, depth = raster.faces.numpy(), raster.barycentrics.numpy(), raster.depth.numpy()
    size = len(faces)
    found, shift = _settled(
        pixels,
        faces,
        depth,
        camera,
        expected,
        tolerance,
        rim_tolerance,
        skin,
        int(np.ceil(reach / (2 * camera.extent) * size)),
    )
    column, row = np.clip(np.floor(pixels[:, :2]).astype(np.int64) + shift, 0, size - 1).T
    chosen = np.where(found, faces[row, column], -1)
    around, share = _surrounding(pixels[:, :2] + shift, size)
    columns, rows = around[..., 0], around[..., 1]
    below = faces[rows, columns]
    with np.errstate(invalid="ignore"):
        share *= np.abs(depth[rows, columns] - depth[row, column][:, None]) < STEEP * 2 * camera.extent / size
    share *= below >= 0
    if skin is not None:
        share[RIMS] *= skin[below[RIMS]]
    corners = vertices[triangles[below]].astype(np.float64)
    places = (weights[rows, columns][..., None] * corners).sum(2)
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


def _settled(
    pixels: np.ndarray,
    faces: np.ndarray,
    depth: np.ndarray,
    camera: Camera,
    expected: np.ndarray | None,
    tolerance: float,
    rim_tolerance: float,
    skin: np.ndarray | None,
    radius: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Which landmarks (478,) have a pixel that may show them, and how far it is from their own (478, 2), as
    lift_landmarks says. faces, depth: (S, S) of the raster. radius: how many pixels away it may be."""
    rims = np.isin(np.arange(len(pixels)), RIMS)
    ahead = np.zeros(len(pixels))
    if expected is not None:
        ahead = camera.distance - (expected - camera.centre) @ camera.rotation[2]

    def look(which: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether landmarks (p,) may lie on what pixels (p, k, 2) see, and how much further off than expected that
        is."""
        inside = ((at >= 0) & (at < len(faces))).all(-1)
        column, row = np.clip(at[..., 0], 0, len(faces) - 1), np.clip(at[..., 1], 0, len(faces) - 1)
        face = np.where(inside, faces[row, column], -1)
        good = face >= 0
        if skin is not None:
            good &= skin[face] | ~rims[which, None]
        return good, np.where(good, depth[row, column], np.nan) - ahead[which, None]

    own = np.floor(pixels[:, :2]).astype(np.int64)
    good, off = look(np.arange(len(pixels)), own[:, None])
    ground = np.full(len(pixels), np.nanmedian(off) if np.isfinite(off).any() else 0.0)
    middle = ground[0]

    def near(which: np.ndarray, off: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            close = np.abs(off - middle) < tolerance
            return close & ((np.abs(off - ground[which, None]) < rim_tolerance) | ~rims[which, None])

    if expected is not None:
        with np.errstate(invalid="ignore"):
            good &= np.abs(off - middle) < tolerance
        beside = _median(np.where(good, off, np.nan)[:, 0][rim_neighbours()])
        ground[RIMS] = np.where(np.isfinite(beside), beside, middle)
        good &= near(np.arange(len(pixels)), off)
    found, shift = good[:, 0], np.zeros_like(own)
    lost, offsets = np.flatnonzero(~found), _disc(radius)[1:]
    if len(offsets) == 0:
        return found, shift
    good, off = look(lost, own[lost, None] + offsets)
    if expected is not None:
        good &= near(lost, off)
    # an upper lid seen too low, on the eyeball, belongs above and not on the lower lid, which may be nearer
    length = np.hypot(*offsets.T)
    good[np.isin(lost, UPPER_RIMS)] &= -offsets[:, 1] >= 0.7 * length
    good[np.isin(lost, LOWER_RIMS)] &= offsets[:, 1] >= 0.7 * length
    hit = good.any(1)
    found[lost[hit]] = True
    shift[lost[hit]] = offsets[good[hit].argmax(1)]
    return found, shift


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
    """(k, 2) integer offsets within a radius, the nearest first; the first is none."""
    steps = np.arange(-radius, radius + 1)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    square = (grid**2).sum(1)
    order = np.argsort(square, kind="stable")
    return grid[order][square[order] <= radius**2]
