"""Pictures of a mesh for the landmark detector: clay lit from the viewer, with dark cavities."""

from functools import cached_property

import numpy as np
import torch

from backend.geometry.operators import vertex_normals
from backend.imaging.camera import Camera, shade, view
from backend.imaging.cavity import cavity_light
from backend.imaging.rasteriser import Raster


class Subject:
    """What is photographed: vertices (n, 3) and triangles (t, 3), with the vertex normals kept."""

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray) -> None:
        self.vertices = np.ascontiguousarray(vertices, np.float32)
        self.triangles = np.ascontiguousarray(triangles, np.int32)

    @cached_property
    def normals(self) -> np.ndarray:
        """(n, 3) float32."""
        return vertex_normals(self.vertices, self.triangles).astype(np.float32)


def photograph(subject: Subject, camera: Camera, size: int) -> tuple[Raster, np.ndarray]:
    """What each pixel sees, and the picture (size, size, 3) uint8."""
    raster = view(subject.vertices, subject.triangles, camera, size)
    clay = shade(raster, subject.normals, subject.triangles, camera, ambient=0.1)
    light = cavity_light(raster, camera.extent)
    return raster, (torch.from_numpy(clay) * light[..., None] + 0.5).to(torch.uint8).numpy()
