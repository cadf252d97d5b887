"""The part of a photograph that each encoder was trained to see, by mediapipe's landmarks."""

import numpy as np
import torch
from torch import Tensor

SIDE = 224

CONTOUR = (
    127,
    234,
    93,
    132,
    58,
    172,
    136,
    150,
    149,
    176,
    148,
    152,
    377,
    400,
    378,
    379,
    365,
    397,
    288,
    361,
    323,
    454,
    356,
)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
"""Of mediapipe's landmarks, where the outer ones of the 68 of Multi-PIE lie, which DECA and EMOCA are cropped by."""

DECA_SCALE, SMIRK_SCALE = 1.1 * 1.25, 1.4
"""Side of the square over the mean side of the box around the landmarks."""

ARCFACE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
"""Pixels of the eyes, the nose's tip and the mouth's corners, the left ones in the picture first, in ArcFace's 112."""

EYES, NOSE, CORNERS = ((33, 133), (362, 263)), 4, (61, 291)


def deca_crop(landmarks: np.ndarray) -> np.ndarray:
    """(2, 3) from pixels to the picture for DECA and EMOCA. landmarks: (478, 2)."""
    return square(landmarks[[*CONTOUR, *BROWS]], DECA_SCALE)


def smirk_crop(landmarks: np.ndarray) -> np.ndarray:
    """(2, 3) from pixels to the picture for SMIRK and TEASER. landmarks: (478, 2)."""
    return square(landmarks, SMIRK_SCALE)


def square(landmarks: np.ndarray, scale: float) -> np.ndarray:
    """(2, 3): the square around the box of landmarks (n, 2), a whole number of pixels large, to SIDE pixels.

    As published: its corners go to the middles of the outermost pixels, while a camera's -1..1 spans the pixels to
    their borders, half a pixel further.
    """
    low, high = landmarks.min(0), landmarks.max(0)
    size = max(int((high - low).mean() * scale), 1)
    zoom = (SIDE - 1) / size
    return np.hstack([zoom * np.eye(2), -zoom * ((low + high) / 2 - size / 2)[:, None]])


def arcface_crop(landmarks: np.ndarray) -> np.ndarray:
    """(2, 3): the similarity that takes eyes, nose and mouth to ArcFace's places, in least squares. landmarks:
    (478, 2)."""
    eyes = [landmarks[list(eye)].mean(0) for eye in EYES]
    seen = np.stack([*eyes, landmarks[NOSE], *landmarks[list(CORNERS)]])
    # x' = a x - b y + c, y' = b x + a y + d
    x, y = seen.T
    one, none = np.ones_like(x), np.zeros_like(x)
    rows = np.concatenate([np.stack([x, -y, one, none], 1), np.stack([y, x, none, one], 1)])
    a, b, c, d = np.linalg.lstsq(rows, ARCFACE.T.ravel(), rcond=None)[0]
    return np.array([[a, -b, c], [b, a, d]])


def cut(pixels: np.ndarray, crop: np.ndarray, side: int, whole: bool) -> Tensor:
    """(1, 3, side, side) in 0..1: what a crop (2, 3) shows of a photograph (H, W, 3) uint8, bilinear, black outside.
    whole: rounded down to whole levels of 255, as programs do that crop bytes."""
    inverse = np.linalg.inv(crop[:, :2])
    columns, rows = np.meshgrid(np.arange(side), np.arange(side))
    places = (np.stack([columns, rows], -1) - crop[:, 2]) @ inverse.T
    height, width = pixels.shape[:2]
    grid = torch.as_tensor(places / [max(width - 1, 1), max(height - 1, 1)] * 2 - 1)
    photo = torch.as_tensor(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None].double()
    seen = torch.nn.functional.grid_sample(photo, grid[None], align_corners=True)
    # What is a whole level may come out a rounding error below it.
    return ((seen + 1e-6).floor() if whole else seen).div(255).float()
