"""FLAME's codes of a photograph, as any encoder gives them."""

from dataclasses import dataclass

import numpy as np

from backend.faces.flame import JOINTS


@dataclass(frozen=True)
class FlameCodes:
    """Codes of one picture. Arrays float32.

    identity: (I,) and expression: (E,) in standard deviations, perhaps empty. rotations: (5, 3) of JOINTS, axis times
    angle. eyelids: (2,) left, right: 0 open, 1 shut. camera: (3,) a weak-perspective camera's scale and, in metres
    before the scale is applied, translation to the right and upwards; None where the encoder gives none. crop: (2, 3)
    from the photograph's pixels to those of the picture that was encoded. side: pixels of that picture. version: the
    FLAME that the codes belong to. source: the encoder, for people to read.
    """

    identity: np.ndarray
    expression: np.ndarray
    rotations: np.ndarray
    eyelids: np.ndarray
    camera: np.ndarray | None
    crop: np.ndarray
    side: int
    version: str
    source: str

    def project(self, points: np.ndarray) -> np.ndarray:
        """(n, 2) pixels of the photograph of points (n, 3) in FLAME's frame: x right, y down. Raises ValueError where
        the encoder gave no camera."""
        if self.camera is None:
            raise ValueError(f"{self.source} gives no camera")
        seen = self.camera[0] * (points[:, :2] + self.camera[1:]) * [1, -1]
        pixels = (seen / 2 + 0.5) * self.side
        return (pixels - self.crop[:, 2]) @ np.linalg.inv(self.crop[:, :2]).T


def rotations_of(root: np.ndarray, jaw: np.ndarray) -> np.ndarray:
    """(5, 3) float32 of JOINTS, the others at rest."""
    rotations = np.zeros((len(JOINTS), 3), np.float32)
    rotations[JOINTS.index("root")], rotations[JOINTS.index("jaw")] = root, jaw
    return rotations
