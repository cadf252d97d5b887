"""Turn a supposed face so that its two sides mirror each other."""

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from backend.geometry.similarity import apply_transform

ROUNDS = 30
BOX = np.array([0.10, 0.12])
"""Half width and half height of the part of the head that is compared, canonical metres."""

POINTS = 1500
MOST = 35.0
"""Degrees: a larger correction means that the two sides were not those of this face."""


def straighten(points: np.ndarray, normals: np.ndarray, transform: np.ndarray) -> np.ndarray:
    """A transform (4, 4) canonical from mesh, corrected so that the plane x = 0 is the surface's plane of symmetry.

    points: (p, 3) on the mesh's surface. normals: (p, 3). Closest points between the surface and its mirror image, the
    worst tenth left out, the distance taken along the normal; half of the motion between the two is undone, as the
    plane of symmetry lies midway. Only yaw, roll and the sideways place can change. Where the correction grows too
    large, or too little of the surface lies near, the transform is returned as it was.
    """
    given = transform
    for _ in range(ROUNDS):
        canonical = apply_transform(transform, points)
        towards = normals @ transform[:3, :3].T
        towards /= np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-300)
        inside = (np.abs(canonical[:, :2]) < BOX).all(1) & (canonical[:, 2] > -0.02) & (towards[:, 2] > 0)
        near, slopes = np.asarray(canonical[inside]), np.asarray(towards[inside])
        if len(near) < 60:
            return given
        step = max(len(near) // POINTS, 1)
        mirrored = near[::step] * [-1, 1, 1]
        distance, partner = map(np.asarray, KDTree(near).query(mirrored))
        kept = distance <= np.quantile(distance, 0.9)
        target, slope, start = near[partner[kept]], slopes[partner[kept]], mirrored[kept]
        # small turns about y and z and a shift along x that bring the mirror image onto the surface's planes
        rows = np.stack(
            [
                slope[:, 0] * start[:, 2] - slope[:, 2] * start[:, 0],
                slope[:, 1] * start[:, 0] - slope[:, 0] * start[:, 1],
                slope[:, 0],
            ],
            axis=1,
        )
        about_y, about_z, along_x = np.linalg.lstsq(rows, (slope * (target - start)).sum(1), rcond=1e-6)[0]
        correction = np.eye(4)
        correction[:3, :3] = Rotation.from_rotvec([0, -about_y / 2, -about_z / 2]).as_matrix()
        correction[0, 3] = -along_x / 2
        transform = correction @ transform
        if abs(about_y) + abs(about_z) < 1e-4:
            break
    change = transform @ np.linalg.inv(given)
    angle = np.degrees(Rotation.from_matrix(change[:3, :3] / np.cbrt(np.linalg.det(change[:3, :3]))).magnitude())
    return transform if angle < MOST else given
