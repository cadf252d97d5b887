"""The two sides of an opening, matched from corner to corner."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.ndimage import gaussian_filter1d

from backend.cloning.rim import Contour
from backend.geometry.polyline import arc_length, height_gap, resample

SMOOTHING = 2.0
"""Width of the filter along a margin, in its steps."""


@dataclass(frozen=True)
class Margin:
    """One side of an opening: vertex numbers (r,), their places between the corners (r,), 0 to 1."""

    vertices: np.ndarray
    place: np.ndarray

    STEPS: ClassVar[np.ndarray] = np.linspace(0, 1, 97)
    """The places at which margins are sampled."""

    def sample(self, values: np.ndarray) -> np.ndarray:
        """(97, 3) per-vertex values (n, 3) at equal steps from corner to corner."""
        return resample(values[self.vertices], self.STEPS, self.place)

    def carry(self, samples: np.ndarray) -> np.ndarray:
        """Values given at the equal steps at the margin's own vertices (r, 3)."""
        return resample(samples, self.place, self.STEPS)


def margins(points: np.ndarray, contour: Contour) -> tuple[Margin, Margin]:
    """The upper and the lower margin with places that match. Margins that touch are matched by the projection on the
    line between the corners: what touches belongs together. Others half by that, half by arc length, because arc
    length alone shears lids whose arcs differ and projection alone fails where an opening is round at the corners."""
    level = 1.0 if contour.state == "closed" else 0.5
    return _margin(points, contour.upper, level), _margin(points, contour.lower, level)


def _margin(points: np.ndarray, chain: np.ndarray, level: float) -> Margin:
    line = points[chain]
    along = line[-1] - line[0]
    across = np.maximum.accumulate(np.clip((line - line[0]) @ along / max(along @ along, 1e-18), 0, 1))
    place = level * across + (1 - level) * arc_length(line)
    place[-1] = 1.0
    return Margin(chain, place)


def smoothed(samples: np.ndarray) -> np.ndarray:
    """Samples along a margin, filtered, with the corners held where they are."""
    straight = samples[:1] + np.linspace(0, 1, len(samples))[:, None] * (samples[-1:] - samples[:1])
    mirrored = samples - straight
    padded = np.concatenate([-mirrored[:0:-1], mirrored, -mirrored[-2::-1]])
    return straight + gaussian_filter1d(padded, SMOOTHING, axis=0)[len(samples) - 1 : 2 * len(samples) - 1]


def gap(points: np.ndarray, contour: Contour) -> np.ndarray:
    """How far the upper margin lies above the lower one, from corner to corner; see height_gap."""
    return height_gap(points[contour.upper], points[contour.lower], contour.up, contour.outward)
