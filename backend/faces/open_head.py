"""The open head: our own morphable head, a compact form of ICT-FaceKit; see weights/open_head.md."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file

from ..channels import FACE_NAMES
from ..geometry.mesh import PARTS, FaceMesh, face_mesh

WEIGHTS = Path(__file__).parents[1] / "weights" / "open_head.safetensors"
OBJECTS = ("head", "eye_left", "eye_right", "mouth", "lashes")
PART_OBJECT = {
    "eye_left": "eye_left",
    "eye_right": "eye_right",
    "teeth_upper": "mouth",
    "teeth_lower": "mouth",
    "tongue": "mouth",
    "lashes": "lashes",
}
"""The object of every part that is not skin."""

PUPIL, IRIS = 10.0, 28.0
"""Degrees from the eye's axis to the borders of pupil and iris; edge loops lie there."""


@dataclass(frozen=True)
class OpenHead:
    """A morphable head in metres, canonical frame: y up, z out of the face, x to the character's left.

    vertices: (V, 3) the mean. quads: (F, 4) vertex numbers, -1 pads the triangles at the poles of the eyeballs and
    between teeth. uv: (U, 2), face_uv: (F, 4) numbers of its rows. parts: (V,) index into PARTS; gums count for the
    teeth they hold. identity: (I, V, 3) displacements per standard deviation. shapes: (54, V, 3) displacements of
    FACE_NAMES at weight 1; no shape moves the eyeballs. eye_centers: (2, 3) left, right; eye_radii: (2,). loops: vertex
    chains from the character's right to its left, corners included: eye_left_upper, eye_left_lower, eye_right_upper,
    eye_right_lower (lid margins), mouth_upper, mouth_lower (where the lips meet). landmark_vertices (68, 3) and
    landmark_weights (68, 3): the Multi-PIE landmarks as points of triangles. ict_vertices: (V,) the vertex of
    ICT-FaceKit at the same place. mirror: (V,) the vertex on the other side.
    """

    vertices: np.ndarray
    quads: np.ndarray
    uv: np.ndarray
    face_uv: np.ndarray
    parts: np.ndarray
    identity: np.ndarray
    shapes: np.ndarray
    eye_centers: np.ndarray
    eye_radii: np.ndarray
    loops: dict[str, np.ndarray]
    landmark_vertices: np.ndarray
    landmark_weights: np.ndarray
    ict_vertices: np.ndarray
    mirror: np.ndarray

    def neutral(self, identity: np.ndarray | None = None) -> np.ndarray:
        """(V, 3) the head of an identity code (up to I,), in standard deviations; the mean without one."""
        if identity is None:
            return self.vertices
        code = np.asarray(identity, np.float32).reshape(-1)
        return self.vertices + np.tensordot(code, self.identity[: len(code)], axes=1)

    def posed(self, weights: np.ndarray, identity: np.ndarray | None = None) -> np.ndarray:
        """(V, 3) the head of an identity with the weights (54,) of FACE_NAMES."""
        return self.neutral(identity) + np.tensordot(np.asarray(weights, np.float32), self.shapes, axes=1)

    def eye_zones(self) -> np.ndarray:
        """(F,) int8 for every face: 0 no eye, 1 white, 2 iris, 3 pupil; for materials."""
        zones = np.zeros(len(self.quads), np.int8)
        filled = np.where(self.quads < 0, self.quads[:, :1], self.quads)
        middles = self.vertices[filled].mean(1)
        for name, center in zip(("eye_left", "eye_right"), self.eye_centers, strict=True):
            ball = np.nonzero(self.parts == PARTS.index(name))[0]
            valence = np.bincount(filled[np.isin(filled, ball).all(1)].ravel(), minlength=len(self.vertices))
            front = ball[self.vertices[ball, 2] > center[2] + 0.9 * (self.vertices[ball, 2].max() - center[2])]
            axis = self.vertices[front[valence[front].argmax()]] - center
            faces = np.isin(self.quads[:, 0], ball)
            ray = middles[faces] - center
            cosine = (ray @ axis) / np.linalg.norm(ray, axis=1) / np.linalg.norm(axis)
            angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
            zones[faces] = 1 + (angle < IRIS) + (angle < PUPIL)
        return zones

    def landmarks(self, positions: np.ndarray) -> np.ndarray:
        """(68, 3) the Multi-PIE landmarks of positions (V, 3)."""
        return (positions[self.landmark_vertices] * self.landmark_weights[..., None]).sum(1)


@cache
def load_open_head(path: Path = WEIGHTS) -> OpenHead:
    """The open head from its weights. Cached: treat the arrays as read-only."""
    stored = load_file(path)
    with safe_open(path, framework="np") as archive:
        described = json.loads(archive.metadata()["open_head"])
    if tuple(described["shapes"]) != FACE_NAMES or tuple(described["parts"]) != PARTS:
        raise ValueError(f"{path.name} was made for another version of this program")
    identity = stored["identity"].astype(np.float32) * stored["identity_scale"][:, None, None]
    return OpenHead(
        vertices=stored["vertices"],
        quads=stored["quads"],
        uv=stored["uv"],
        face_uv=stored["face_uv"],
        parts=stored["parts"],
        identity=identity,
        shapes=stored["shapes"].astype(np.float32),
        eye_centers=stored["eye_centers"],
        eye_radii=stored["eye_radii"],
        loops={name[5:]: stored[name] for name in sorted(stored) if name.startswith("loop.")},
        landmark_vertices=stored["landmark_vertices"],
        landmark_weights=stored["landmark_weights"],
        ict_vertices=stored["ict_vertices"],
        mirror=stored["mirror"],
    )


def open_head_mesh(identity: np.ndarray | None = None) -> FaceMesh:
    """The open head as a character that an artist would bring, in five objects: head, eye_left, eye_right, mouth
    (teeth, gums and tongue, which share a surface) and lashes. identity: as in OpenHead.neutral."""
    head = load_open_head()
    objects = np.array([OBJECTS.index(PART_OBJECT[name]) if name in PART_OBJECT else 0 for name in PARTS])
    return face_mesh(head.neutral(identity), head.quads, objects[head.parts], OBJECTS)
