"""Where mediapipe's 478 landmarks lie on the canonical head, and which of them form the lids, lips and irises."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from backend.geometry.closest import closest_points
from backend.geometry.similarity import robust_similarity

FACE = 0.15
"""Metres: the canonical face's width at the cheeks; residuals are judged against it."""

FACE_CENTRE = np.array([0.0, -0.005, 0.06])
"""Metres, canonical: the middle of the face in a picture of it."""

FEWEST = 150
"""Landmarks that a fit needs."""

TABLE = Path(__file__).resolve().parents[1] / "weights" / "landmarks.json"

RIGHT_LID = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_LID = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
INNER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
"""Closed rings in order: the lid margins from the outer corner along the lower lid, the lips from
the right corner along the upper lip."""

RIGHT_IRIS, LEFT_IRIS = (468, 469, 470, 471, 472), (473, 474, 475, 476, 477)

RIMS = np.array(sorted({*RIGHT_LID, *LEFT_LID, *INNER_LIP}))
"""Landmarks on the brink of an opening: a pixel beside them shows an eyeball, teeth or the inside of the mouth."""

UPPER_RIMS = np.array([*RIGHT_LID[9:], *LEFT_LID[9:], *INNER_LIP[1:10]])
LOWER_RIMS = np.array([*RIGHT_LID[1:8], *LEFT_LID[1:8], *INNER_LIP[11:]])

SKIN = np.array(sorted(set(range(468)) - set(RIMS.tolist())))
IRISES = np.array([*RIGHT_IRIS, *LEFT_IRIS])


@cache
def _table() -> dict[str, np.ndarray]:
    table = json.loads(TABLE.read_text())
    arrays = {name: np.array(table[name]) for name in ("points", "normals", "mirror")}
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


def canonical_landmarks() -> np.ndarray:
    """(478, 3) float64: the landmarks on the neutral canonical head, metres, symmetric."""
    return _table()["points"]


def canonical_normals() -> np.ndarray:
    """(478, 3) float64: the surface's unit normals at the canonical landmarks."""
    return _table()["normals"]


@cache
def rim_neighbours() -> np.ndarray:
    """(len(RIMS), 8) int: for each landmark in RIMS the nearest ones in SKIN."""
    points = canonical_landmarks()
    distance = np.linalg.norm(points[RIMS][:, None] - points[SKIN][None], axis=2)
    return SKIN[np.argsort(distance, axis=1, kind="stable")[:, :8]]


def mirrored_landmarks() -> np.ndarray:
    """(478,) int: the landmark on the other side of the face; its own number in the middle."""
    return _table()["mirror"]


def symmetric_landmarks(points: np.ndarray) -> np.ndarray:
    """Landmarks (478, 3) in the canonical frame, each the mean of itself and of its partner's mirror image in x; where
    one of the two was not seen (NaN) the other, where neither was, NaN."""
    both = np.stack([points, (points * [-1, 1, 1])[mirrored_landmarks()]])
    seen = np.isfinite(both)
    return np.where(seen.any(0), np.where(seen, both, 0.0).sum(0) / np.maximum(seen.sum(0), 1), np.nan)


def attached_landmarks(places: np.ndarray, triangles: np.ndarray, jaw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What carries the landmarks on a surface that lies on the canonical head: three vertices (478, 3) for each, and
    their weights (478, 3).

    places: (V, 3) canonical frame. triangles: (t, 3), those that may carry any. jaw: (V, 3) what jawOpen does: at rest
    the lips touch, and the surface nearest to a landmark on one of them may be the other's.
    """
    points = canonical_landmarks()
    found, weights, _ = closest_points(points, places, triangles)
    corners = triangles[found]
    dropped = np.linalg.norm(jaw, axis=1)[triangles].max(1)
    lower = dropped >= 0.5 * dropped.max()
    for lip, own in ((INNER_LIP[1:10], ~lower), (INNER_LIP[11:], lower)):
        if own.any():
            lip, choice = list(lip), triangles[own]
            found, weights[lip], _ = closest_points(points[lip], places, choice)
            corners[lip] = choice[found]
    return corners, weights


def fit_landmarks(
    points: np.ndarray, weights: np.ndarray | None = None, rounds: int = 40
) -> tuple[np.ndarray, float] | None:
    """The similarity (4, 4) that takes landmarks (478, 3) to the canonical ones, and its median residual in face
    widths; None where too few are seen (rows of NaN, weight zero) or they span nothing. Irises do not take part.
    rounds: see robust_similarity."""
    table = canonical_landmarks()
    weights = np.ones(len(points)) if weights is None else weights
    seen = np.isfinite(points).all(1) & (weights > 0)
    seen[IRISES] = False
    if seen.sum() < FEWEST:
        return None
    try:
        fit = robust_similarity(points[seen], table[seen], weights[seen], rounds)
    except ValueError:  # all landmarks on one line or point of the surface
        return None
    return fit.matrix, float(np.median(fit.residuals)) / FACE
