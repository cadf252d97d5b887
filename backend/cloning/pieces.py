"""One connected piece of a character, and what is measured of it once."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Piece:
    """A connected component: its vertices (p,) int, their points (p, 3), the corner, size and middle of its box (3,),
    and the role that its object's name says, or nothing."""

    vertices: np.ndarray
    points: np.ndarray
    low: np.ndarray
    size: np.ndarray
    middle: np.ndarray
    named: str
