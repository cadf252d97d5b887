"""A perspective camera as photographs have it: at the origin, looking along -z, x to the right and y up."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pinhole:
    """focal: pixels. centre: (2,) the pixel that the camera looks at; pixel centres lie at i + 0.5, y down."""

    focal: float
    centre: tuple[float, float]

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) pixels of points (..., 3) in the camera's frame."""
        return self.focal * points[..., :2] * [1, -1] / -points[..., 2:] + self.centre

    def derivatives(self, points: np.ndarray) -> np.ndarray:
        """(..., 2, 3) of pixels with respect to points (..., 3)."""
        x, y, z = np.moveaxis(points, -1, 0)
        result = np.zeros((*points.shape[:-1], 2, 3))
        result[..., 0, 0] = -self.focal / z
        result[..., 0, 2] = self.focal * x / z**2
        result[..., 1, 1] = self.focal / z
        result[..., 1, 2] = -self.focal * y / z**2
        return result

    @property
    def intrinsics(self) -> np.ndarray:
        """(3, 3) as OpenCV has it: x right, y down, z away from the camera."""
        return np.array([[self.focal, 0, self.centre[0]], [0, self.focal, self.centre[1]], [0, 0, 1.0]])
