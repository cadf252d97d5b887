"""Where a 3D view that looks through a camera shows the photograph behind it."""

from dataclasses import dataclass

import bpy
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d


@dataclass(frozen=True)
class PhotoInView:
    """corner: (2,) the picture's upper left corner in pixels of the region, which count from its lower left one. scale:
    pixels of the region per pixel of the picture."""

    corner: np.ndarray
    scale: float

    def shown(self, pixels: np.ndarray) -> np.ndarray:
        """(..., 2) pixels of the region of pixels (..., 2) of the picture."""
        return self.corner + pixels * [self.scale, -self.scale]

    def picture(self, place: tuple[float, float]) -> np.ndarray:
        """(2,) pixels of the picture of a place in the region."""
        return (np.array(place, float) - self.corner) * [1, -1] / self.scale


def photo_in_view(
    scene: bpy.types.Scene,
    region: bpy.types.Region,
    view: bpy.types.RegionView3D,
    camera: bpy.types.Object,
    size: tuple[int, int],
) -> PhotoInView | None:
    """The photograph of a size (height, width), as large as the camera's frame has room for; None where the frame
    cannot be seen."""
    frame = [
        location_3d_to_region_2d(region, view, camera.matrix_world @ one) for one in camera.data.view_frame(scene=scene)
    ]
    if any(corner is None for corner in frame):
        return None
    corners = np.array(frame)
    low, high = corners.min(0), corners.max(0)
    height, width = size
    scale = float(min((high - low) / [width, height]))
    if not scale > 0:
        return None
    return PhotoInView((low + high) / 2 + scale * np.array([-width, height]) / 2, scale)
