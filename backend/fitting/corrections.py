"""Landmarks that the user has put right: how far those beside them go along, and how much each counts.

Imports numpy alone: the add-on shows what is dragged with the same code.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..archives import BROKEN
from ..errors import Refusal

LANDMARKS = 478

CORRECTED = 64.0
"""For how many found landmarks one counts that the user has put right: its error is an eighth of theirs."""

MOST = 1e4
"""The largest weight: what counts for more holds the camera still, and the head bends to it."""

REACH = 0.02
"""Metres on the face: as far from a landmark that is moved, those that are not go along."""

SAME = 0.01
"""Pixels from where it was found within which a landmark is no correction."""


@dataclass(frozen=True)
class Corrections:
    """Of one picture. landmarks: (478, 2) pixels, NaN where what is found stays. weights: (478,) for how many found
    landmarks each counts."""

    landmarks: np.ndarray
    weights: np.ndarray

    def moved(self, found: np.ndarray) -> np.ndarray:
        """(478,) bool: which of the landmarks found (478, 2 or more) are put right. A file may repeat the others."""
        return np.linalg.norm(self.landmarks - found[:, :2], axis=1) > SAME


def no_corrections() -> Corrections:
    """Everything stays where it is found."""
    return Corrections(np.full((LANDMARKS, 2), np.nan), np.ones(LANDMARKS))


def read_corrections(path: Path, pictures: int) -> list[Corrections]:
    """The same from an archive with landmarks and perhaps weights, such as a fit that was written and whose landmarks
    were changed. Raises Refusal."""
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        with np.load(path, allow_pickle=False) as stored:
            for name in ("landmarks", "weights"):
                # In the worst case of 8 bytes a value, and a header.
                if name in stored.files and sizes.get(f"{name}.npy", 0) <= 16 * pictures * LANDMARKS + 4096:
                    arrays[name] = stored[name]
    except BROKEN as error:
        raise Refusal("bad-landmarks", f"{path.name} cannot be read as landmarks.", "Write it anew.") from error
    if "landmarks" not in arrays:
        raise Refusal("bad-landmarks", f"{path.name} has no landmarks of {pictures} pictures.", "Write it anew.")
    return check_corrections(arrays["landmarks"], arrays.get("weights"), pictures)


def check_corrections(landmarks: np.ndarray, weights: np.ndarray | None, pictures: int) -> list[Corrections]:
    """Corrections of each picture from landmarks (P, 478, 2), pixels, NaN where nothing is said, and weights (P, 478),
    CORRECTED where None. Raises Refusal for what is none."""
    wanted = (pictures, LANDMARKS, 2)
    if landmarks.shape != wanted or landmarks.dtype.kind != "f":
        raise Refusal(
            "bad-landmarks",
            f"The landmarks have the shape {landmarks.shape}, not {wanted}.",
            "Give one row of 478 points for each picture, in pixels, NaN where what is found stays.",
        )
    weights = np.full(wanted[:2], CORRECTED) if weights is None else np.asarray(weights)
    fits = weights.shape == wanted[:2] and weights.dtype.kind in "fiu"
    # Written so that a NaN fails as well.
    if not fits or not (weights > 0).all() or not (weights <= MOST).all():
        raise Refusal(
            "bad-landmarks",
            "The landmarks' weights do not fit.",
            f"Give one number over 0 and up to {MOST:g} for each landmark.",
        )
    return [Corrections(*one) for one in zip(landmarks.astype(np.float64), weights.astype(np.float64), strict=True)]


def corrected(found: np.ndarray, corrections: Corrections, places: np.ndarray) -> np.ndarray:
    """(478, 2) pixels: the landmarks found (478, 2 or more) with the corrections, and what lies beside these moved
    along. places: (478, 3) metres, of landmarks on a face with its mouth open: what lies close together there moves
    together. Corrections are met exactly; between them Wendland's function interpolates (C2, Wendland 1995)."""
    result = np.array(found[:, :2], np.float64)
    given = np.flatnonzero(corrections.moved(found))
    if not len(given):
        return result
    apart = np.linalg.norm(places[:, None] - places[None, given], axis=2) / REACH
    pull = np.where(apart < 1, (1 - np.minimum(apart, 1)) ** 4 * (4 * apart + 1), 0.0)
    moves = corrections.landmarks[given] - result[given]
    # Irises of one eye have one place.
    shares = np.linalg.lstsq(pull[given], moves, rcond=1e-6)[0]
    result += pull @ shares
    result[given] = corrections.landmarks[given]
    return result


def counting(corrections: Corrections, found: np.ndarray) -> np.ndarray:
    """(478,) for how many found landmarks each one of found (478, 2 or more) counts."""
    return np.where(corrections.moved(found), corrections.weights, 1.0)


def all_corrected(
    found: Sequence[np.ndarray], corrections: Sequence[Corrections] | None, places: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """For each picture the landmarks (478, 2) that are fitted and how much they count (478,)."""
    corrections = [no_corrections()] * len(found) if corrections is None else corrections
    points = [corrected(*one, places) for one in zip(found, corrections, strict=True)]
    return points, [counting(own, face) for own, face in zip(corrections, found, strict=True)]
