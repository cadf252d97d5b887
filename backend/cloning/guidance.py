"""What the user says of a head, where the search would go wrong."""

from dataclasses import dataclass

import numpy as np

from backend.errors import Refusal
from backend.geometry.mesh import FaceMesh

ROLES = ("skin", "eyes", "teeth", "tongue", "lashes", "brows", "still")
AXES = ("+x", "-x", "+y", "-y", "+z", "-z")

FACING = 0.5
"""Cosine of the angle up to which a face looks along the axis that was given."""


@dataclass(frozen=True)
class Guidance:
    """roles: one of ROLES for each of the mesh's objects, empty where nothing is said; () says nothing of any.
    front: one of AXES in the mesh's frame, along which the face looks; empty where nothing is said. seals: whether
    eyes and lips are made to close."""

    roles: tuple[str, ...] = ()
    front: str = ""
    seals: bool = True

    def __post_init__(self) -> None:
        """Raises Refusal for words that are none of these."""
        for word, known in ((self.front, AXES), *((role, ROLES) for role in self.roles)):
            if word and word not in known:
                raise Refusal("bad-guidance", f"Nothing is called {word}.", f"Use one of: {', '.join(known)}.")

    def faces(self, canonical_from_mesh: np.ndarray) -> bool:
        """Whether a face that is placed so, by a (4, 4) similarity, looks along the front; true where none is given."""
        if not self.front:
            return True
        looks = canonical_from_mesh[2, :3] / np.linalg.norm(canonical_from_mesh[2, :3])
        return bool(looks @ self.axis > FACING)

    @property
    def axis(self) -> np.ndarray:
        """(3,) the front as a vector; zeros where none is given."""
        axis = np.zeros(3)
        if self.front:
            axis["xyz".index(self.front[1])] = 1.0 if self.front[0] == "+" else -1.0
        return axis


UNGUIDED = Guidance()


def restricted(mesh: FaceMesh, region: np.ndarray | None) -> FaceMesh:
    """The mesh without the polygons that have a corner of no weight. region: (N,) 0..1. Vertices and their order stay.
    Raises Refusal where the region does not fit or holds no polygon."""
    if region is None:
        return mesh
    if region.shape != (len(mesh.vertices),) or region.dtype.kind != "f" or not np.isfinite(region).all():
        raise Refusal("bad-request", "The head region does not fit the mesh.", "Update the add-on.")
    outside = (region[mesh.corners] <= 0).astype(np.int64)
    counted = np.concatenate([[0], np.cumsum(outside)])
    ends = np.cumsum(mesh.sizes)
    inside = counted[ends] == counted[ends - mesh.sizes]
    if not inside.any():
        raise Refusal("empty-region", "The head region holds no face of the mesh.", "Assign more vertices to it.")
    return FaceMesh(
        mesh.vertices,
        mesh.corners[np.repeat(inside, mesh.sizes)],
        mesh.sizes[inside],
        mesh.objects,
        mesh.object_names,
    )
