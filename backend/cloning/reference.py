"""The openings and eyeballs of the canonical head."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from backend.geometry.polyline import dense

STORE = Path(__file__).parent / "contours.json"


@dataclass(frozen=True)
class Reference:
    """An opening of the canonical head: dense polylines upper and lower (d, 3) and the direction it looks in (3,).
    looks: whether it is an eye."""

    upper: np.ndarray
    lower: np.ndarray
    outward: np.ndarray
    looks: bool


@cache
def references() -> dict[str, Reference]:
    """The canonical openings by name, as `backend/training/build_contours.py` stored them."""
    stored = json.loads((STORE).read_text(encoding="utf-8"))
    return {
        name: Reference(
            dense(np.array(one["upper"])),
            dense(np.array(one["lower"])),
            np.array(one["outward"], np.float64),
            "center" in one,
        )
        for name, one in stored.items()
    }


@cache
def canonical_eyes() -> dict[str, tuple[np.ndarray, float]]:
    """Centre (3,) and radius of the canonical eyeballs, metres."""
    stored = json.loads((STORE).read_text(encoding="utf-8"))
    return {
        name: (np.array(one["center"], np.float64), float(one["radius"]))
        for name, one in stored.items()
        if "center" in one
    }
