"""Where a fitted head lies in its photographs, and how well each of these shows what of it."""

import numpy as np
import torch

from backend.geometry.mesh import face_mesh
from backend.geometry.operators import vertex_normals
from backend.imaging.rasteriser import rasterise

FACING = 0.35
"""Cosine between a vertex's normal and the line to the camera from which on it is taken for seen."""

SHARPNESS = 4.0
"""Power of that cosine with which a photograph counts where others show the same: the one that faces it most wins."""

SIDE = 512
"""Pixels of the head's longer side in the picture of distances."""

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
    metres along the camera's axis."""
    low, high = pixels.min(0), pixels.max(0)
    side = max(float((high - low).max()), 1e-9)
    places = (pixels - (low + high) / 2) / side * 1.9
    screen = torch.as_tensor(np.column_stack([places, distances]).astype(np.float32))
    depth = rasterise(screen, torch.as_tensor(triangles), (SIDE, SIDE), perspective=True).depth.numpy()
    # The farthest of its neighbours: a surface that falls away beside a vertex is not before it.
    around = np.pad(np.where(np.isfinite(depth), depth, np.inf), 1, constant_values=np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(around, (3, 3))
    column, row = np.clip(((places + 1) / 2 * SIDE).astype(int), 0, SIDE - 1).T
    return distances > windows[row, column].max((1, 2)) + BEHIND
