"""How far a surface reaches from a point inside it, in every direction within a cone."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.ndimage import map_coordinates

from backend.imaging.rasteriser import rasterise

REACH = np.tan(np.radians(70.0))
"""Half the width of the plane at distance one on which the directions lie: 70 degrees to each side."""


@dataclass(frozen=True)
class RadialSurface:
    """center: (3,). frame: (3, 3), rows right, up and the axis of the cone. inverse: (p, p) one over the distance along
    the axis at which a ray of the gnomonic plane leaves the surface for the last time; NaN where there is none."""

    center: np.ndarray
    frame: np.ndarray
    inverse: np.ndarray

    def grid_rays(self) -> np.ndarray:
        """(p, p, 3) the unit vectors of the directions."""
        size = len(self.inverse)
        across = ((np.arange(size) + 0.5) / size * 2 - 1) * REACH
        x, y = np.meshgrid(across, -across)
        rays = np.stack([x, y, np.ones_like(x)], axis=2) @ self.frame
        return rays / np.linalg.norm(rays, axis=2, keepdims=True)

    def grid_reach(self) -> np.ndarray:
        """(p, p) the distance from the centre to the surface in these directions; NaN where there is none."""
        return 1.0 / (self.inverse * (self.grid_rays() @ self.frame[2]))

    def reach(self, points: np.ndarray) -> np.ndarray:
        """(p,) the distance from the centre to the surface in the direction of each of the points (p, 3); NaN outside
        of the cone and where there is no surface."""
        ray = (np.asarray(points, np.float64) - self.center) @ self.frame.T
        ahead = ray[:, 2] > 1e-12
        plane = ray[:, :2] / np.where(ahead, ray[:, 2], 1.0)[:, None]
        size = len(self.inverse)
        at = np.stack([-plane[:, 1], plane[:, 0]]) / REACH
        at = (at + 1) * size / 2 - 0.5
        inside = ahead & ((at >= 0) & (at <= size - 1)).all(0)
        result = np.full(len(ray), np.nan)
        inverse = map_coordinates(self.inverse, at[:, inside], order=1, mode="nearest")
        result[inside] = np.linalg.norm(ray[inside], axis=1) / ray[inside, 2] / inverse
        return result


def view_frame(axis: np.ndarray) -> np.ndarray:
    """(3, 3) rows right, up and `axis`, a unit vector (3,); right is level."""
    up = np.array([0.0, 1.0, 0.0]) if abs(axis[1]) < 0.9 else np.array([0.0, 0.0, 1.0])
    right = np.cross(up, axis)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(axis, right), axis])


def radial_surface(
    vertices: np.ndarray, triangles: np.ndarray, center: np.ndarray, axis: np.ndarray, pixels: int = 384
) -> RadialSurface:
    """The outermost surface of a mesh, vertices (n, 3) and triangles (t, 3), seen from `center` (3,) around `axis`, a
    unit vector (3,). Where several shells lie one behind the other the outermost counts. Triangles that reach behind
    the centre are left out."""
    frame = view_frame(axis)
    seen = (np.asarray(vertices, np.float64) - center) @ frame.T
    ahead = seen[:, 2] > 0.02 * max(float(np.abs(seen[triangles]).max(initial=0.0)), 1e-12)
    seen[~ahead] = [0.0, 0.0, 1.0]
    depth = seen[:, 2]
    # One over the depth is linear on the plane, and the smallest is the outermost.
    screen = np.column_stack([seen[:, :2] * [1 / REACH, -1 / REACH], np.ones(len(seen))]) / depth[:, None]
    kept = np.asarray(triangles)[ahead[triangles].all(1)]
    if len(kept) == 0:
        return RadialSurface(np.asarray(center, np.float64), frame, np.full((pixels, pixels), np.nan))
    raster = rasterise(torch.from_numpy(screen.astype(np.float32)), torch.from_numpy(kept), (pixels, pixels))
    inverse = raster.depth.double().numpy()
    return RadialSurface(np.asarray(center, np.float64), frame, np.where(np.isfinite(inverse), inverse, np.nan))


def sphere_surface(center: np.ndarray, radius: float, axis: np.ndarray, pixels: int = 384) -> RadialSurface:
    """The same for a sphere around `center` (3,)."""
    surface = RadialSurface(np.asarray(center, np.float64), view_frame(axis), np.ones((pixels, pixels)))
    return replace(surface, inverse=1.0 / (radius * (surface.grid_rays() @ axis)))
