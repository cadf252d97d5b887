"""How far a neutral face is from the true one, as the NoW benchmark measures it (Sanyal et al. 2019): aligned by seven
landmarks with a scale, refined on the face, distances from points of the true face to the surface of the other."""

import numpy as np

from backend.geometry.closest import closest_points
from backend.geometry.similarity import apply_transform, fit_similarity

SEVEN = (33, 133, 362, 263, 2, 61, 291)
"""mediapipe's corners of the eyes, the base of the nose and the corners of the mouth."""

BRIDGE = 168
REACH = 0.7
"""Radius of the face, in the sum of the distances of the eyes' outer corners and from bridge to base of the nose."""

POINTS, ROUNDS = 2000, 8


def neutral_errors(
    true: np.ndarray, triangles: np.ndarray, marks: np.ndarray, other: np.ndarray, skin: np.ndarray, others: np.ndarray
) -> np.ndarray:
    """(POINTS,) millimetres. true: (N, 3) metres and triangles (T, 3) the true face, marks: (478, 3) its landmarks;
    other: (V, 3), skin: (S, 3), others: (478, 3) those of the face that is judged, in any frame and scale."""
    seven = list(SEVEN)
    points = face_points(true, triangles, marks)
    placing = fit_similarity(others[seven], marks[seven])
    for _ in range(ROUNDS):
        placed = apply_transform(placing, other)
        faces, weights, _ = closest_points(points, placed, skin)
        nearest = (other[skin[faces]] * weights[..., None]).sum(1)
        placing = fit_similarity(nearest, points)
    return closest_points(points, apply_transform(placing, other), skin)[2] * 1e3


def face_points(true: np.ndarray, triangles: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """(POINTS, 3) spread evenly by area over the face, the same for the same face."""
    between = np.linalg.norm(marks[33] - marks[263]) + np.linalg.norm(marks[BRIDGE] - marks[2])
    middle = marks[2] + 0.3 * (marks[BRIDGE] - marks[2])
    corners = true[triangles].astype(np.float64)
    corners = corners[np.linalg.norm(corners.mean(1) - middle, axis=1) < REACH * between]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    # what faces the same way as the face does: neither the inside of the mouth nor of the nose
    outside = crossed[:, 2] > 0.15 * np.linalg.norm(crossed, axis=1)
    corners, area = corners[outside], np.linalg.norm(crossed[outside], axis=1)
    random = np.random.default_rng(0)
    chosen = random.choice(len(corners), POINTS, p=area / area.sum())
    a, b = np.sort(random.uniform(size=(2, POINTS)), axis=0)
    return np.einsum("pc,pcx->px", np.stack([a, b - a, 1 - b], 1), corners[chosen])
