"""The landmarks of a face in a picture, steadied: seen in several slight changes of the picture."""

import cv2
import numpy as np

from backend.cloning.landmark_map import mirrored_landmarks
from backend.imaging.landmarks import LandmarkDetector

CHANGES = (
    (0.0, 1.0, 0.0, 0.0, False),
    (3.0, 1.04, 0.011, -0.006, True),
    (-3.0, 0.96, -0.007, 0.011, True),
    (1.5, 1.02, 0.004, 0.009, False),
)
"""Turn in degrees, zoom, shift right and down as shares of the picture, and whether it is mirrored."""


def recognise(picture: np.ndarray, detector: LandmarkDetector, changes: int = len(CHANGES)) -> np.ndarray | None:
    """(478, 2) pixels of the landmarks in a square picture (S, S, 3), or None where no face is seen.

    changes: how many of CHANGES are looked at; one is the picture as it is. The detector places landmarks differently
    by a millimetre or so at a real head's size when the picture moves by half a pixel; the median over several slight
    changes of it, mirrored ones among them, is several times steadier.
    """
    size = len(picture)
    found = []
    for number, (turn, zoom, right, down, mirrored) in enumerate(CHANGES[:changes]):
        cosine, sine = zoom * np.cos(np.radians(turn)), zoom * np.sin(np.radians(turn))
        linear = np.array([[cosine, -sine], [sine, cosine]]) @ np.diag([-1.0 if mirrored else 1.0, 1.0])
        shift = size / 2 - linear @ [size / 2, size / 2] + size * np.array([right, down])
        changed = picture
        if number:
            # cv2 counts pixels from their centres, the landmarks from their corners
            warp = np.column_stack([linear, shift + linear @ [0.5, 0.5] - 0.5]).astype(np.float64)
            changed = cv2.warpAffine(picture, warp, (size, size), borderMode=cv2.BORDER_REPLICATE)
        faces = detector.detect(changed)
        if faces:
            places = (faces[0][:, :2] - shift) @ np.linalg.inv(linear).T
            found.append(places[mirrored_landmarks()] if mirrored else places)
        elif number == 0:
            return None
    return np.median(found, axis=0)
