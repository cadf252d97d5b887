"""Writes backend/weights/landmarks.json: mediapipe's 478 landmarks on ICT-FaceKit's neutral head.

The head is rendered from several directions, the detector finds its landmarks in the pictures, and they are carried
back to the surface; the middle over all views is taken and made symmetric.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from backend.cloning.landmark_map import IRISES, TABLE
from backend.cloning.lift import lift_landmarks
from backend.cloning.photograph import Subject, photograph
from backend.imaging.camera import Camera, view_rotation
from backend.imaging.landmarks import LANDMARKS, LandmarkDetector

METRES = 0.01
SIZE = 768
CENTRE, EXTENT, LENS = np.array([0.0, -0.005, 0.06]), 0.17, 20.0
DEPTH_ERROR = 0.02
"""Metres: how far the detector's guess of depth may be off for a landmark that is seen."""

VIEWS: list[tuple[float, float]] = [(yaw, pitch) for pitch in (-12, 0, 12) for yaw in (-40, -25, -12, 0, 12, 25, 40)]


def landmark_table(
    vertices: np.ndarray, triangles: np.ndarray, skin: np.ndarray, views: list[tuple[float, float]]
) -> tuple[np.ndarray, np.ndarray]:
    """The landmarks (478, 3) of a head in the canonical frame and the normals (478, 3) there, the middle over views.

    vertices: (n, 3) metres. triangles: (t, 3). skin: (t,) bool. views: yaw and pitch, degrees. The detector also
    places landmarks that are turned away, at the outline; its own guess of their depth tells them apart. Raises
    ValueError where the face is not found.
    """
    subject = Subject(vertices, triangles)
    seen, normals = [], []
    with LandmarkDetector() as detector:
        for yaw, pitch in views:
            camera = Camera(view_rotation(yaw, pitch), CENTRE, EXTENT, LENS)
            raster, picture = photograph(subject, camera, SIZE)
            for face in detector.detect(picture)[:1]:
                guess = (
                    CENTRE + ((face - [SIZE / 2, SIZE / 2, 0]) * (2 * EXTENT / SIZE) * [1, -1, -1]) @ camera.rotation
                )
                lifted = lift_landmarks(
                    face, raster, vertices, triangles, camera, guess, DEPTH_ERROR, skin=skin, reach=0.006
                )
                good = (lifted.facing > 0.35)[:, None]
                seen.append(np.where(good, lifted.points, np.nan))
                below = triangles[lifted.triangles]
                normals.append(np.where(good, subject.normals[below].mean(1), np.nan))
    if len(seen) < len(views) // 2:
        raise ValueError(f"the face was found in {len(seen)} of {len(views)} views only")
    normal = np.nanmean(np.array(normals), axis=0)
    return np.nanmedian(np.array(seen), axis=0), normal / np.linalg.norm(normal, axis=1, keepdims=True)


def mirror_pairs(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(478,) int: the landmark on the other side of the face, from a symmetric head with its mouth open, where upper
    and lower lip cannot be taken for one another. vertices: (n, 3) metres. triangles: (t, 3)."""
    with LandmarkDetector() as detector:
        _, picture = photograph(Subject(vertices, triangles), Camera(view_rotation(0), CENTRE, EXTENT, LENS), SIZE)
        (face,) = detector.detect(picture)
    points = (face - [SIZE / 2, 0, 0]).astype(np.float64)
    cost = ((points[:, None] - (points * [-1, 1, 1])[None]) ** 2).sum(-1)
    mirror = np.arange(LANDMARKS)
    for group in (np.arange(468), IRISES):
        mirror[group] = group[linear_sum_assignment(cost[np.ix_(group, group)])[1]]
    if not (mirror[mirror] == np.arange(LANDMARKS)).all():
        raise ValueError("the landmarks do not pair up left to right")
    return mirror


def read_facekit(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Neutral (n, 3) and jawOpen (n, 3) in metres, triangles (t, 3) without the translucent shells over the eyes,
    which would hide the lids, and which of them are skin (t,) bool. path: ict_facekit.npz."""
    with np.load(path, allow_pickle=False) as data:
        neutral = np.ascontiguousarray(data["neutral"] * METRES, np.float32)
        jaw = data["expression"][data["expression_names"].tolist().index("jawOpen")] * METRES
        part = dict(zip(data["part_names"].tolist(), data["part_vertex_range"].tolist(), strict=True))
        triangles = data["triangles"].astype(np.int32)
    triangles = triangles[(triangles <= part["eyeball_right"][1]).all(1)]
    return neutral, jaw, triangles, triangles[:, 0] <= part["head_neck"][1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facekit", type=Path, help="ict_facekit.npz: neutral, triangles, expressions and parts")
    parser.add_argument("--out", type=Path, default=TABLE)
    arguments = parser.parse_args()
    vertices, jaw, triangles, skin = read_facekit(arguments.facekit)
    mirror = mirror_pairs((vertices + 0.7 * jaw).astype(np.float32), triangles)
    points, normals = landmark_table(vertices, triangles, skin, VIEWS)
    points = (points + points[mirror] * [-1, 1, 1]) / 2
    normals = normals + normals[mirror] * [-1, 1, 1]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    table = {
        "source": "backend/training/build_landmark_table.py on ICT-FaceKit (MIT), mediapipe 0.10.21",
        "unit": "metres, canonical frame",
        "points": points.round(6).tolist(),
        "normals": normals.round(4).tolist(),
        "mirror": mirror.tolist(),
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(table) + "\n")


if __name__ == "__main__":
    main()
