"""Lips that meet: the small smooth correction of mouthClose with which the lips move as one under jawOpen."""

import numpy as np

from backend.cloning.margins import gap, margins, smoothed
from backend.cloning.rim import Contour
from backend.geometry.spread import spread

LIP_CLEARANCE = {"closed": 0.012, "open": 0.001}
"""The gap that sealed lips may keep, as a share of the mouth's width. Lips that touch in the neutral stay as they
are; parted ones meet, but for what keeps them from flickering through each other."""


def close_mouth(
    points: np.ndarray,
    triangles: np.ndarray,
    contour: Contour,
    jaw: np.ndarray,
    close: np.ndarray,
    face: np.ndarray | None,
) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """mouthClose's displacements (n, 3) with which the lips move as one under jawOpen, and the figures."""
    both = jaw + close
    upper, lower = margins(points, contour)
    common = smoothed(0.5 * (upper.sample(both) + lower.sample(both)))
    apart = (upper.sample(points) - lower.sample(points)) @ contour.up
    shut = np.maximum(apart - LIP_CLEARANCE[contour.state] * contour.width, 0.0)
    shut = smoothed(shut[:, None]) * contour.up
    handles = np.concatenate([upper.vertices, lower.vertices])
    wanted = np.concatenate([upper.carry(common - 0.5 * shut), lower.carry(common + 0.5 * shut)])
    values = wanted - both[handles]
    largest = float(np.linalg.norm(values, axis=1).max())
    reach = float(np.clip(0.25 * contour.width + 1.5 * largest, 0.0, 0.7 * contour.width))
    sealed = close + spread(points, triangles, handles, values, reach, face)
    neutral, before, after = (gap(points + moved, contour) for moved in (np.zeros_like(jaw), both, jaw + sealed))
    opened = float(gap(points + jaw, contour).max())
    crossing = max(float((-after).max()) - max(float((-neutral).max()), 0.0), 0.0) / contour.width
    gaps = [float(np.maximum(gap, 0).max()) / opened for gap in (before, after)]
    return sealed, (gaps[0], gaps[1], crossing, float(max(neutral.max(), 0.0)))
