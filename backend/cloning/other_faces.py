"""Faces in a mesh besides the one that was found: they get no shapes, and the user must hear of it."""

import numpy as np

from backend.cloning.photograph import Subject, photograph
from backend.imaging.camera import framing_camera, view_rotation
from backend.imaging.landmarks import LandmarkDetector, available

NEAR = 0.16
"""Metres from the canonical head's middle: what begins within belongs to the head, such as hair."""

HEAD = 0.3
"""Metres: the highest part of a figure that is looked at by itself."""

SMALLEST = 0.08
"""Metres: smaller pieces are no heads."""

MOST = 4
"""Pieces looked at, the largest."""

SIZE = 320
SCORE = 0.5


def other_faces(points: np.ndarray, triangles: np.ndarray, components: np.ndarray) -> int:
    """How many pieces apart from the head have a face that is seen from its front.

    points: (n, 3) of the mesh in the canonical frame, metres. triangles: (t, 3). components: (n,) the connected piece
    of each vertex, numbered by decreasing area.
    """
    chosen = [piece for piece in range(int(components.max(initial=-1)) + 1) if _apart(points[components == piece])][
        :MOST
    ]
    if not chosen or not available():
        return 0
    with LandmarkDetector(faces=1, minimum_score=SCORE) as detector:
        return sum(_has_face(points, triangles[components[triangles[:, 0]] == piece], detector) for piece in chosen)


def _apart(piece: np.ndarray) -> bool:
    """Whether a piece (m, 3) is large enough for a head, and away from the one that was found."""
    low, high = piece.min(0), piece.max(0)
    nearest = np.clip(0.0, low, high)
    return bool(np.linalg.norm(nearest) > NEAR and (high - low).max() > SMALLEST and len(piece) > 100)


def _has_face(points: np.ndarray, triangles: np.ndarray, detector: LandmarkDetector) -> bool:
    used, corners = np.unique(triangles, return_inverse=True)
    vertices, faces = points[used], corners.reshape(-1, 3)
    subject = Subject(vertices, faces)
    top = vertices[:, 1] > vertices[:, 1].max() - HEAD
    for framed in (vertices, vertices[top]):
        camera = framing_camera(framed, view_rotation(0.0), 18.0)
        if detector.detect(photograph(subject, camera, SIZE)[1]):
            return True
        if top.all():
            return False
    return False
