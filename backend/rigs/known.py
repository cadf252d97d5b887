"""A rig and what all clips need of it: a worker that does one clip after the other meets few characters."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.cloning.result import Shapes
from backend.errors import Progress
from backend.kept import Kept
from backend.rigs.carry import carriers
from backend.rigs.fields import Fields, fields
from backend.rigs.rig import Rig, read_rig
from backend.rigs.shapes import shapes_if_any

MOST, MOST_BYTES = 4, 128 << 20
"""Rigs that are kept, and how much of memory they take together."""


@dataclass(frozen=True)
class Face:
    """shapes: the head's own, under ARKit's names. products: what controls and shapes do to it. carry: (K,) bool, the
    controls that move the head as a whole."""

    shapes: Shapes
    products: Fields
    carry: np.ndarray


@dataclass(frozen=True)
class KnownRig:
    """face: None where the rig's mesh has none."""

    rig: Rig
    face: Face | None

    @property
    def size(self) -> int:
        """Bytes of the large arrays."""
        own = self.rig.deltas.nbytes + self.rig.mesh.vertices.nbytes
        return own if self.face is None else own + self.face.shapes.deltas.nbytes + self.face.shapes.vertices.nbytes


def face_of(rig: Rig, shapes: Shapes | None) -> Face | None:
    """What is known of a rig's face by its shapes, if it has one."""
    return None if shapes is None else Face(shapes, fields(rig, shapes), carriers(rig, shapes))


def known_rig(path: Path, progress: Progress) -> KnownRig:
    """The rig of an .npz with what is known of its face. Raises Refusal as read_rig and shapes_if_any do."""

    def read(place: Path) -> KnownRig:
        rig = read_rig(place)
        return KnownRig(rig, face_of(rig, shapes_if_any(rig.mesh, progress)))

    return KEPT.get(path, read)


KEPT: Kept[KnownRig] = Kept(lambda known: known.size, MOST, MOST_BYTES)
