"""Cameras that look at a centre from a direction, and the clay pictures they take."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from backend.geometry.operators import triangle_normals, vertex_normals
from backend.imaging.rasteriser import Raster, interpolate, rasterise

CLAY = (0.78, 0.76, 0.74)
PAPER = (0.30, 0.32, 0.35)


@dataclass(frozen=True)
class Camera:
    """Looks at `centre` from a distance; square pictures.

    rotation: (3, 3); its rows are the picture's right, the picture's up and the direction from the centre to the viewer
    in the world. centre: (3,), seen in the middle of the picture. extent: half the picture's height, in world units, in
    the plane of the centre. lens: the angle of view in degrees; 0 is orthographic.
    """

    rotation: np.ndarray
    centre: np.ndarray
    extent: float
    lens: float = 0.0

    @cached_property
    def distance(self) -> float:
        """From the viewer to the centre; for an orthographic camera any value serves, this is ten extents."""
        return float(self.extent / np.tan(np.radians(self.lens) / 2)) if self.lens > 0 else 10.0 * self.extent

    def project(self, points: Tensor) -> Tensor:
        """(n, 3) for the rasteriser: x right and y down from -1 to 1, z the distance along the view axis in world
        units. Differentiable."""
        rotation = torch.as_tensor(self.rotation, dtype=points.dtype, device=points.device)
        seen = (points - torch.as_tensor(self.centre, dtype=points.dtype, device=points.device)) @ rotation.T
        depth = self.distance - seen[:, 2]
        scale = self.distance / depth if self.lens > 0 else torch.ones_like(depth)
        return torch.stack([seen[:, 0] * scale / self.extent, -seen[:, 1] * scale / self.extent, depth], dim=1)


def view_rotation(yaw: float, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """(3, 3) rotation of a Camera in a world whose y is up and whose z is the front, angles in degrees.

    Zero looks at the front, world x to the right of the picture. Positive yaw walks the viewer towards +x (the
    character's own left comes into view), positive pitch lifts the viewer, positive roll turns the head in the picture
    clockwise.
    """
    (cy, cp, cr), (sy, sp, sr) = (f(np.radians([yaw, pitch, roll])) for f in (np.cos, np.sin))
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def framing_camera(vertices: np.ndarray, rotation: np.ndarray, lens: float = 0.0, margin: float = 1.1) -> Camera:
    """A Camera that sees all vertices (n, 3) from a direction: the middle of their box in the picture."""
    seen = vertices @ rotation.T
    low, high = seen.min(0), seen.max(0)
    extent = max(float((high - low)[:2].max()) / 2 * margin, 1e-12)
    if lens > 0:  # the nearest points look the largest
        extent += float(high[2] - low[2]) / 2 * np.tan(np.radians(lens) / 2)
    return Camera(rotation, rotation.T @ ((low + high) / 2), extent, lens)


def view(vertices: np.ndarray, triangles: np.ndarray, camera: Camera, size: int) -> Raster:
    """The Raster of a mesh, vertices (n, 3) and triangles (t, 3), in a square picture of `size` pixels. Both sides of a
    surface are seen."""
    screen = camera.project(torch.as_tensor(np.ascontiguousarray(vertices, np.float32)))
    return rasterise(screen, torch.as_tensor(triangles), (size, size), perspective=camera.lens > 0)


def shade(
    raster: Raster,
    normals: np.ndarray,
    triangles: np.ndarray,
    camera: Camera,
    colours: np.ndarray | None = None,
    ambient: float = 0.25,
) -> np.ndarray:
    """(H, W, 3) uint8: a Raster lit by a lamp at the viewer, falling off from the facing colour to `ambient` of it.

    normals: (n, 3) per vertex or (t, 3) per triangle, world frame, either side out. colours: (n, 3) in 0..1 as shown
    (no colour management), grey clay where None. ambient: brightness of a surface seen edge-on.
    """
    towards = torch.as_tensor(np.ascontiguousarray(normals @ camera.rotation[2], np.float32))[:, None]
    corners = torch.as_tensor(triangles)
    if len(normals) == len(triangles):
        facing = towards[raster.faces.clamp(min=0)]
    else:
        facing = interpolate(towards, corners, raster)
    light = ambient + (1 - ambient) * facing.abs().clamp(max=1)
    hit = (raster.faces >= 0)[..., None]
    if colours is None:
        surface = torch.tensor(CLAY)
    else:
        surface = interpolate(torch.as_tensor(np.ascontiguousarray(colours, np.float32)), corners, raster)
    picture = torch.where(hit, surface * light, torch.tensor(PAPER))
    return (picture.clamp(0, 1) * 255 + 0.5).to(torch.uint8).numpy()


def render_clay(
    vertices: np.ndarray,
    triangles: np.ndarray,
    camera: Camera,
    size: int,
    colours: np.ndarray | None = None,
    smooth: bool = True,
    samples: int = 2,
) -> np.ndarray:
    """(size, size, 3) uint8 picture of a mesh in grey clay, or in colours (n, 3) in 0..1, lit from the viewer.

    vertices: (n, 3). triangles: (t, 3). smooth: shade by vertex normals, else by facets. samples: pixels are averaged
    over samples x samples.
    """
    raster = view(vertices, triangles, camera, size * samples)
    if smooth:
        normals = vertex_normals(vertices, triangles)
    else:
        normals = triangle_normals(vertices.astype(np.float64), triangles)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    picture = shade(raster, normals, triangles, camera, colours)
    blocks = picture.reshape(size, samples, size, samples, 3).astype(np.float32)
    return (blocks.mean((1, 3)) + 0.5).astype(np.uint8)
