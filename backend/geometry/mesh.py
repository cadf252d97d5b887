"""FaceMesh: a head as the user's file or scene has it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backend.errors import Refusal

PARTS = ("skin", "eye_left", "eye_right", "teeth_upper", "teeth_lower", "tongue", "lashes", "brows", "other")
"""The roles of parts; an index into this tuple stands for a role in arrays."""

MAX_VERTICES = 5_000_000


@dataclass(frozen=True)
class FaceMesh:
    """A mesh in the user's own vertex order, units and frame.

    vertices: (N, 3) float32. corners: (L,) int32, the vertex of each polygon corner, polygon after polygon.
    sizes: (M,) int32, the number of corners of each polygon. objects: (N,) int32, which of the user's objects a
    vertex comes from (zeros where there is one). object_names: their names.
    """

    vertices: np.ndarray
    corners: np.ndarray
    sizes: np.ndarray
    objects: np.ndarray
    object_names: tuple[str, ...] = ("head",)

    @cached_property
    def triangles(self) -> np.ndarray:
        """(T, 3) int32: each polygon as a fan from its first corner. Degenerate input polygons stay."""
        starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int64)
        count = np.maximum(self.sizes - 2, 0)
        polygon = np.repeat(np.arange(len(self.sizes)), count)
        step = np.arange(len(polygon)) - np.repeat(np.cumsum(count) - count, count)
        first = starts[polygon]
        return np.stack(
            [self.corners[first], self.corners[first + step + 1], self.corners[first + step + 2]], axis=1
        ).astype(np.int32)


def face_mesh(
    vertices: np.ndarray,
    faces: np.ndarray,
    objects: np.ndarray | None = None,
    object_names: tuple[str, ...] = ("head",),
) -> FaceMesh:
    """A FaceMesh from vertices (N, 3) and faces (M, 3) or (M, 4), -1 padding triangles among quads.

    Raises Refusal for arrays of the wrong shape, indices out of range, values that are not finite, no faces, or
    more than MAX_VERTICES vertices.
    """
    vertices = np.asarray(vertices)
    faces = np.asarray(faces)
    if faces.ndim != 2 or faces.shape[1] not in (3, 4) or faces.dtype.kind not in "iu":
        raise Refusal(
            "bad-faces", "The faces are not rows of 3 or 4 vertex numbers.", "Export the mesh with triangles or quads."
        )
    used = faces >= 0 if faces.dtype.kind == "i" else np.ones(faces.shape, bool)
    if not used[:, :3].all():
        raise Refusal("bad-faces", "A face has fewer than three corners.", "Remove degenerate faces and try again.")
    return polygon_mesh(vertices, faces[used], used.sum(1), objects, object_names)


def polygon_mesh(
    vertices: np.ndarray,
    corners: np.ndarray,
    sizes: np.ndarray,
    objects: np.ndarray | None = None,
    object_names: tuple[str, ...] = ("head",),
) -> FaceMesh:
    """A checked FaceMesh from polygons of any size. Raises Refusal as face_mesh does."""
    vertices = np.asarray(vertices)
    corners, sizes = np.asarray(corners).reshape(-1), np.asarray(sizes).reshape(-1)
    if vertices.ndim != 2 or vertices.shape[1] != 3 or vertices.dtype.kind not in "fiu":
        raise Refusal("bad-vertices", "The vertices are not rows of three numbers.", "Export the mesh again.")
    if len(vertices) > MAX_VERTICES:
        raise Refusal(
            "too-large",
            f"The mesh has {len(vertices):,} vertices; the limit is {MAX_VERTICES:,}.",
            "Decimate it, or select the head alone.",
        )
    if len(vertices) == 0 or len(sizes) == 0:
        raise Refusal("no-faces", "The mesh has no faces.", "Select a mesh that has a face surface.")
    with np.errstate(over="ignore"):
        positions = np.ascontiguousarray(vertices, np.float32)
    if not np.isfinite(positions).all():
        raise Refusal(
            "not-finite", "Some vertices have coordinates that are not numbers.", "Remove or repair these vertices."
        )
    if int(sizes.min()) < 0 or int(sizes.sum()) != len(corners):
        raise Refusal("bad-faces", "The face sizes do not add up to the corners.", "Export the mesh again.")
    if len(corners) and (int(corners.min()) < 0 or int(corners.max()) >= len(vertices)):
        raise Refusal("bad-faces", "A face names a vertex that does not exist.", "Export the mesh again.")
    objects = np.zeros(len(vertices), np.int32) if objects is None else np.asarray(objects, np.int32).reshape(-1)
    if len(objects) != len(vertices):
        raise Refusal("bad-objects", "The object numbers do not match the vertices.", "Export the mesh again.")
    return FaceMesh(
        positions,
        np.ascontiguousarray(corners, np.int32),
        np.ascontiguousarray(sizes, np.int32),
        objects,
        tuple(object_names),
    )
