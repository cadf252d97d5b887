"""What is measured once of a character: its connected pieces, and the skin that they lie behind or upon."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import KDTree


@dataclass(frozen=True)
class Piece:
    """A connected component: its vertices (p,) int, their points (p, 3), the corner, size and middle of its box (3,),
    the role that its object's name says, or nothing, and what the user says, one of guidance.ROLES, or nothing."""

    vertices: np.ndarray
    points: np.ndarray
    low: np.ndarray
    size: np.ndarray
    middle: np.ndarray
    named: str
    said: str = ""


@dataclass(frozen=True)
class Front:
    """The skin that faces forwards, as points (p, 3)."""

    points: np.ndarray

    @cached_property
    def tree(self) -> KDTree:
        """To look for the nearest of the points."""
        return KDTree(self.points)

    @cached_property
    def flat_tree(self) -> KDTree:
        """The same as seen from the front, without depth."""
        return KDTree(self.points[:, :2])
