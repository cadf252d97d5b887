"""The coarsened parts of ICT-FaceKit put together to the mesh of the open head."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from backend.geometry.mesh import PARTS
from backend.training.ict import IctHead
from backend.training.open_head_topology import (
    BUDGETS,
    IctTopology,
    Rings,
    coarse_part,
    coarse_skin,
    eye_rings,
    mirror_map,
    pieces,
    tongue_vertices,
)
from backend.training.quad_chords import QuadMesh

TONGUE_TIP = (0.0, -0.036, 0.098)
LASHES = 0
"""Of the three layers of lashes on the upper lid, the one that is kept. Those of the lower lid, as solid strips without
a texture of hairs, would only cut through the coarser skin."""

MOUTH_PARTS = ("teeth_upper", "teeth_lower", "tongue")


@dataclass(frozen=True)
class Coarse:
    """The topology of the open head. ict_vertices: (V,). quads, face_uv: (F, 4), -1 pads; face_uv counts ICT-FaceKit's
    texture coordinates. parts: (V,) index into PARTS. mirror: (V,)."""

    ict_vertices: np.ndarray
    quads: np.ndarray
    face_uv: np.ndarray
    parts: np.ndarray
    mirror: np.ndarray

    def of(self, name: str) -> np.ndarray:
        """The vertices of a part."""
        return np.nonzero(self.parts == PARTS.index(name))[0]

    def inside_mouth(self) -> np.ndarray:
        """(V,) bool: teeth, gums and tongue."""
        return np.isin(self.parts, [PARTS.index(name) for name in MOUTH_PARTS])

    def triangles(self) -> np.ndarray:
        """(t, 3) the quads cut in two, and the triangles."""
        quads = self.quads[self.quads[:, 3] >= 0]
        return np.concatenate([self.quads[:, :3], quads[:, [0, 2, 3]]])

    def triangles_of(self, name: str) -> np.ndarray:
        """(t, 3) the triangles of a part."""
        triangles = self.triangles()
        return triangles[(self.parts[triangles] == PARTS.index(name)).all(1)]


def mirrored_pairs(neutral: np.ndarray, found: list[np.ndarray]) -> list[np.ndarray]:
    """Pieces joined with the piece at their mirror image, each pair one array of vertices."""
    middles = np.array([neutral[piece].mean(0) for piece in found])
    image = np.asarray(KDTree(middles).query(middles * [-1, 1, 1])[1])
    return [np.union1d(found[a], found[b]) for a, b in enumerate(image.tolist()) if a <= b]


def coarse_meshes(neutral: np.ndarray, ict: IctHead, topology: IctTopology, rings: Rings) -> dict[str, list[QuadMesh]]:
    """The coarsened parts by name; each mesh is its own mirror image."""
    count = len(neutral)
    balls = [pieces(topology, f"eyeball_{side}", count)[0] for side in ("left", "right")]
    left = pieces(topology, "eyelashes_left", count)[LASHES]
    image = neutral[left].mean(0) * [-1, 1, 1]
    right = min(
        pieces(topology, "eyelashes_right", count), key=lambda strip: np.linalg.norm(neutral[strip].mean(0) - image)
    )
    lashes = np.union1d(left, right)
    teeth = mirrored_pairs(neutral, pieces(topology, "teeth", count))
    gums = np.arange(topology.parts["gums_tongue"][0], topology.parts["gums_tongue"][1] + 1)
    return {
        "skin": [coarse_skin(neutral, ict.shapes, ict.identity[:12], topology, rings)],
        "eyes": [
            coarse_part(
                neutral,
                topology,
                np.concatenate(balls),
                2 * BUDGETS["eyeball"],
                3.0,
                loops=eye_rings(neutral, topology, balls[0]),
            )
        ],
        "gums": [coarse_part(neutral, topology, gums, BUDGETS["gums_tongue"], 5.0)],
        "teeth": [coarse_part(neutral, topology, pair, 2 * BUDGETS["tooth"], 3.0, False) for pair in teeth],
        "lashes": [coarse_part(neutral, topology, lashes, 2 * BUDGETS["lash"], 4.0)],
    }


def part_roles(neutral: np.ndarray, ict: IctHead, topology: IctTopology) -> np.ndarray:
    """(n,) index into PARTS of every vertex of ICT-FaceKit; gums belong to their teeth."""
    roles = ict.parts.copy()
    roles[tongue_vertices(neutral, topology, TONGUE_TIP)] = PARTS.index("tongue")
    return roles


def assemble(meshes: dict[str, list[QuadMesh]], roles: np.ndarray, neutral: np.ndarray) -> Coarse:
    """One mesh of all parts, vertices ordered by part, then as in ICT-FaceKit."""
    every = [mesh for group in meshes.values() for mesh in group]
    faces = np.concatenate([mesh.faces for mesh in every])
    face_uv = np.concatenate([mesh.face_uv for mesh in every])
    used = np.unique(faces[faces >= 0])
    source = used[np.lexsort((used, roles[used]))]
    renumber = np.full(len(roles), -1)
    renumber[source] = np.arange(len(source))
    mirror = np.arange(len(source))
    for mesh in every:
        own = np.unique(mesh.faces[mesh.faces >= 0])
        mirror[renumber[own]] = renumber[mirror_map(neutral, own)[own]]
    quads = np.where(faces < 0, -1, renumber[faces])
    order = np.argsort(roles[source][quads[:, 0]], kind="stable")
    return Coarse(source, quads[order], face_uv[order], roles[source], mirror)
