"""Template: a head that training makes others from, with its identities and its place on the canonical head."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Template:
    """All in the canonical frame, metres.

    vertices: (n, 3) the mean head. triangles: (t, 3). parts: (n,) index into PARTS. canonical: (n, 3) where each
    vertex lies on ICT-FaceKit's neutral. shapes: (53, n, 3) the displacement at that place of the canonical head,
    zero off the skin. jaw: (n, 3) the template's own jawOpen, which parts its lips and teeth. identity: draws (n,
    3) offsets. landmarks: (478,) vertex nearest to each landmark, eye centres excluded. sockets: (n,) bool, the
    inside of mouth and eyes.
    """

    name: str
    vertices: np.ndarray
    triangles: np.ndarray
    parts: np.ndarray
    canonical: np.ndarray
    shapes: np.ndarray
    jaw: np.ndarray
    identity: Callable[[np.random.Generator], np.ndarray]
    landmarks: np.ndarray
    sockets: np.ndarray
