"""Where a fitted head lies in its photographs, and how well each of these shows what of it."""

import cv2
import numpy as np

from backend.geometry.mesh import face_mesh
from backend.geometry.operators import vertex_normals

FACING = 0.35
"""Cosine between a vertex's normal and the line to the camera from which on it is taken for seen."""

SHARPNESS = 4.0
"""Power of that cosine with which a photograph counts where others show the same: the one that faces it most wins."""

SIDE = 512
"""Pixels of the head's longer side in the picture of distances."""

EDGE, SHIFT = 12, 4
"""Pixels of that picture around the head, and bits of a pixel that corners are placed to."""

BEHIND = 0.002
"""Metres that a vertex may lie behind what is seen in its place: lips before teeth lie closer than the mesh is fine."""


def in_pictures(
    vertices: np.ndarray, faces: np.ndarray, pose: np.ndarray, intrinsics: np.ndarray, sizes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(P, V, 2) float32 where vertices lie, in shares of each picture from its upper left corner, and (P, V) float32 in
    0..1 how well each shows them: 0 where something lies before them, they are turned away or outside.

    vertices: (P, V, 3) in the canonical frame. faces: (F, 4), -1 pads. pose: (P, 4, 4) to the cameras' frames, which
    look along -z. intrinsics: (P, 3, 3), OpenCV's. sizes: (P, 2) height and width.
    """
    triangles = face_mesh(vertices[0], faces).triangles
    photo, seen = [], []
    for own, to_camera, lens, (height, width) in zip(vertices, pose, intrinsics, sizes, strict=True):
        there = own @ to_camera[:3, :3].T + to_camera[:3, 3]
        flat = (there * [1, -1, -1]) @ lens.T
        pixels = flat[:, :2] / flat[:, 2:]
        photo.append(pixels / [width, height])
        normals = vertex_normals(own, triangles) @ to_camera[:3, :3].T
        facing = -(normals * there).sum(1) / np.linalg.norm(there, axis=1)
        inside = ((pixels >= 0) & (pixels <= [width, height])).all(1)
        shown = (facing > FACING) & inside & ~hidden(pixels, -there[:, 2], triangles)
        seen.append(np.where(shown, np.clip(facing, 0, 1) ** SHARPNESS, 0))
    return np.array(photo, np.float32), np.array(seen, np.float32)


def hidden(pixels: np.ndarray, distances: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V,) bool: whether triangles (T, 3) lie before vertices, which are seen at pixels (V, 2) from distances (V,),
    metres along the camera's axis.

    Triangles are painted over each other from the farthest on, which costs a twentieth of the rasteriser's time and
    errs where triangles cross.
    """
    low, high = pixels.min(0), pixels.max(0)
    places = (pixels - (low + high) / 2) / max(float((high - low).max()), 1e-9) * (SIDE - 2 * EDGE) + SIDE / 2
    order = triangles[np.argsort(-distances[triangles].mean(1), kind="stable")]
    painted = np.full((SIDE, SIDE), -1, np.int32)
    for number, corners in enumerate(np.round((places[order] - 0.5) * (1 << SHIFT)).astype(np.int32)):
        cv2.fillConvexPoly(painted, corners, (number,), cv2.LINE_8, SHIFT)
    column, row = np.clip(places.astype(int), 0, SIDE - 1).T
    # The farthest of what is around: a surface that falls away beside a vertex is not before it.
    farthest = np.full(len(pixels), -np.inf)
    for down, right in np.ndindex(3, 3):
        y, x = np.clip(row + down - 1, 0, SIDE - 1), np.clip(column + right - 1, 0, SIDE - 1)
        seen = painted[y, x]
        depth = _depth(places, distances, order[seen], np.column_stack([x, y]) + 0.5)
        farthest = np.maximum(farthest, np.where(seen < 0, np.inf, depth))
    return distances > farthest + BEHIND


def _depth(places: np.ndarray, distances: np.ndarray, triangles: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(n,) the distances of triangles (n, 3) where they are seen at (n, 2), between those of their corners. On the
    screen the inverse of a distance is linear."""
    one, two, three = places[triangles].transpose(1, 0, 2)
    first, second, reach = two - one, three - one, at - one
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    area = np.where(np.abs(area) < 1e-12, np.inf, area)
    share = np.stack(
        [
            (reach[:, 0] * second[:, 1] - reach[:, 1] * second[:, 0]) / area,
            (first[:, 0] * reach[:, 1] - first[:, 1] * reach[:, 0]) / area,
        ],
        axis=1,
    )
    inverse = 1 / distances[triangles]
    found = inverse[:, 0] + (share * (inverse[:, 1:] - inverse[:, :1])).sum(1)
    return 1 / np.clip(found, inverse.min(1), inverse.max(1))
