"""Eyes close and lips meet: the small smooth correction of predicted shapes at the rims of the openings."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from backend.cloning.contours import Contour, find_contours
from backend.cloning.eyeballs import Eyeball
from backend.geometry.polyline import arc_length, height_gap, resample
from backend.geometry.spread import spread, surface_distance

SIDES = {"L": "eye_left", "R": "eye_right"}

LID_CHANNELS = ("eyeBlink", "eyeSquint", "eyeWide", "eyeLookUp", "eyeLookDown", "eyeLookIn", "eyeLookOut")
"""Channels whose lids are kept outside the eyeball."""

STRENGTH = (0.7, 4.0)
"""How much a predicted blink may be scaled so that it fits the opening, before the rest is corrected."""

LEAST_OPENING = 1e-3
"""Metres that jawOpen must part the lips for there to be anything to seal."""

SAMPLES = 97
SMOOTHING = 2.0
"""Points along a rim, and the width of the filter along it in these points."""

LIP_CLEARANCE = {"closed": 0.012, "open": 0.001}
"""The gap that sealed lips may keep, as a share of the mouth's width. Lips that touch in the neutral stay as they
are; parted ones meet, but for what keeps them from flickering through each other."""

LID_CLEARANCE = 0.0008
"""Most distance that lids keep from the eyeball, metres; less where they lie closer in the neutral."""


@dataclass(frozen=True)
class SealFigure:
    """What sealing did to one closure: "eyeBlink_L", "eyeBlink_R" or "jawOpen+mouthClose".

    gap_before, gap_after: the widest gap left between the rims, of the prediction and of the result, as a share of the
    neutral opening (eyes) or of the gap that jawOpen makes (mouth). crossing: how far the rims pass through each
    other at the worst place, beyond the worst of the neutral, as a share of the opening's width. opening: the neutral
    opening, metres. All None where `state` is not "sealed"; `state` then says why, in words.
    """

    name: str
    state: str
    gap_before: float | None = None
    gap_after: float | None = None
    crossing: float | None = None
    opening: float | None = None


@dataclass(frozen=True)
class _Rim:
    """One side of an opening: vertex numbers (r,), their places between the corners (r,), 0 to 1."""

    vertices: np.ndarray
    place: np.ndarray

    def sample(self, values: np.ndarray) -> np.ndarray:
        """Per-vertex values (n, 3) at SAMPLES equal steps from corner to corner."""
        return resample(values[self.vertices], np.linspace(0, 1, SAMPLES), self.place)

    def carry(self, samples: np.ndarray) -> np.ndarray:
        """Values given at the SAMPLES steps at the rim's own vertices (r, 3)."""
        return resample(samples, self.place, np.linspace(0, 1, SAMPLES))


def seal(
    vertices: np.ndarray,
    triangles: np.ndarray,
    canonical: np.ndarray,
    deltas: np.ndarray,
    names: tuple[str, ...],
    eyes: tuple[Eyeball | None, Eyeball | None] = (None, None),
    face: np.ndarray | None = None,
    landmarks: np.ndarray | None = None,
    contours: dict[str, Contour] | None = None,
) -> tuple[np.ndarray, tuple[SealFigure, ...]]:
    """Shapes whose blink closes, whose lips meet with jawOpen and mouthClose, and whose lids stay off the eyeballs.

    vertices, canonical: (n, 3) metres, canonical frame; triangles: (t, 3) of the skin alone, welded. deltas: (K, n, 3)
    in the order of `names` (ICT names). eyes: the fitted left and right eyeball. face: (n,) bool, what may move.
    landmarks: as in find_contours. contours: found already, otherwise found here. Returns new deltas, float32, and
    one figure per closure. Only eyeBlink, mouthClose and (against eyeballs) LID_CHANNELS change, and only near the
    rims, except that a blink is scaled as a whole where it is too weak or too strong for the opening. Corrections are
    linear in the keys: half a blink is half closed.
    """
    points = np.asarray(vertices, np.float64)
    triangles = np.asarray(triangles)
    result = np.array(deltas, np.float64)
    index = {name: at for at, name in enumerate(names)}
    contours = find_contours(points, triangles, canonical, landmarks, eyes) if contours is None else contours
    figures = []
    for side, eye in zip(SIDES, eyes, strict=True):
        blink, contour = f"eyeBlink_{side}", contours[SIDES[side]]
        if blink not in index:
            continue
        if contour.state == "open":
            result[index[blink]], figure = _close_eye(points, triangles, contour, result[index[blink]], eye, face)
            figures.append(SealFigure(blink, "sealed", *figure))
        else:
            figures.append(SealFigure(blink, "eyes not open" if contour.state != "missing" else "no lids found"))
        if eye is not None:
            for channel in (f"{stem}_{side}" for stem in LID_CHANNELS):
                if channel in index:
                    result[index[channel]] += _off_eyeball(points, result[index[channel]], eye, contour)
    if "jawOpen" in index and "mouthClose" in index:
        contour = contours["mouth"]
        jaw, close = result[index["jawOpen"]], result[index["mouthClose"]]
        if contour.state in ("open", "closed") and _gap(points + jaw, contour).max() < LEAST_OPENING:
            figures.append(SealFigure("jawOpen+mouthClose", "jawOpen does not part the lips"))
        elif contour.state in ("open", "closed"):
            result[index["mouthClose"]], figure = _close_mouth(points, triangles, contour, jaw, close, face)
            figures.append(SealFigure("jawOpen+mouthClose", "sealed", *figure))
        else:
            why = "lips are one surface" if contour.state == "fused" else "no lips found"
            figures.append(SealFigure("jawOpen+mouthClose", why))
    return result.astype(np.float32), tuple(figures)


def rims(points: np.ndarray, contour: Contour) -> tuple[_Rim, _Rim]:
    """The upper and the lower rim with places that match. Rims that touch are matched by the projection on the line
    between the corners: what touches belongs together. Others half by that, half by arc length, because arc length
    alone shears lids whose arcs differ and projection alone fails where an opening is round at the corners."""
    level = 1.0 if contour.state == "closed" else 0.5
    return _rim(points, contour.upper, level), _rim(points, contour.lower, level)


def _rim(points: np.ndarray, chain: np.ndarray, level: float) -> _Rim:
    line = points[chain]
    along = line[-1] - line[0]
    across = np.maximum.accumulate(np.clip((line - line[0]) @ along / max(along @ along, 1e-18), 0, 1))
    place = level * across + (1 - level) * arc_length(line)
    place[-1] = 1.0
    return _Rim(chain, place)


def _smooth(samples: np.ndarray) -> np.ndarray:
    """Samples along a rim, filtered, with the corners held where they are."""
    straight = samples[:1] + np.linspace(0, 1, len(samples))[:, None] * (samples[-1:] - samples[:1])
    mirrored = samples - straight
    padded = np.concatenate([-mirrored[:0:-1], mirrored, -mirrored[-2::-1]])
    return straight + gaussian_filter1d(padded, SMOOTHING, axis=0)[len(samples) - 1 : 2 * len(samples) - 1]


def _gap(points: np.ndarray, contour: Contour) -> np.ndarray:
    return height_gap(points[contour.upper], points[contour.lower], contour.up, contour.outward)


def _close_eye(
    points: np.ndarray,
    triangles: np.ndarray,
    contour: Contour,
    delta: np.ndarray,
    eye: Eyeball | None,
    face: np.ndarray | None,
) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """The blink's displacements (n, 3) with the rims on one curve, and the figures."""
    neutral, predicted = _gap(points, contour), _gap(points + delta, contour)
    closing = neutral - predicted
    scale = float((closing * neutral).sum() / max((closing**2).sum(), 1e-18))
    if closing.mean() > 0.15 * neutral.mean():
        delta = delta * np.clip(scale, *STRENGTH)
    upper, lower = rims(points, contour)
    top, bottom = upper.sample(points + delta), lower.sample(points + delta)
    travel = [np.abs(rim.sample(delta) @ contour.up).mean() for rim in (upper, lower)]
    share = np.clip(travel[1] / max(sum(travel), 1e-12), 0.0, 0.4)
    meeting = _smooth((1 - share) * bottom + share * top)
    if eye is not None:
        meeting = _outside(meeting, eye, eye.radius + _clearance(points[upper.vertices], eye))
    coarse = min(upper, lower, key=lambda rim: len(rim.vertices))
    meeting = resample(coarse.carry(meeting), np.linspace(0, 1, SAMPLES), coarse.place)
    handles = np.concatenate([upper.vertices, lower.vertices])
    wanted = np.concatenate([upper.carry(meeting), lower.carry(meeting)])
    values = wanted - (points + delta)[handles]
    reach = max(0.7 * contour.opening, 0.3 * contour.width, 2.0 * float(np.abs(values).max()))
    reach = min(reach, 1.2 * contour.width)
    delta = delta + spread(points, triangles, handles, values, reach, face)
    after = _gap(points + delta, contour)
    opening = float(neutral.max())
    crossing = float(np.maximum(-after, 0).max()) / contour.width
    before = float(np.maximum(predicted, 0).max()) / opening
    return delta, (before, float(np.maximum(after, 0).max()) / opening, crossing, opening)


def _clearance(rim: np.ndarray, eye: Eyeball) -> float:
    off = np.linalg.norm(rim - eye.center, axis=1) - eye.radius
    return float(np.clip(np.median(off), 0.0, LID_CLEARANCE))


def _outside(points: np.ndarray, eye: Eyeball, radius: float | np.ndarray) -> np.ndarray:
    """Points (p, 3), those nearer to the eye's centre than `radius` moved out along their ray."""
    ray = points - eye.center
    distance = np.maximum(np.linalg.norm(ray, axis=1, keepdims=True), 1e-9)
    wanted = np.maximum(distance, np.reshape(radius, (-1, 1)))
    return eye.center + ray * (wanted / distance)


def _off_eyeball(points: np.ndarray, delta: np.ndarray, eye: Eyeball, contour: Contour) -> np.ndarray:
    """(n, 3) what moves lids out of the eyeball: each vertex in front of it keeps the distance it has in the neutral,
    up to the clearance."""
    ray = points - eye.center
    distance = np.linalg.norm(ray, axis=1)
    clearance = _clearance(points[contour.upper], eye) if len(contour.upper) else LID_CLEARANCE
    lids = (distance < 1.8 * eye.radius) & (distance > 0.9 * eye.radius) & (ray @ contour.outward > 0)
    push = np.zeros_like(delta)
    moved = (points + delta)[lids]
    push[lids] = _outside(moved, eye, np.minimum(distance[lids], eye.radius + clearance)) - moved
    push[~np.any(delta != 0, axis=1)] = 0
    return push


def _close_mouth(
    points: np.ndarray,
    triangles: np.ndarray,
    contour: Contour,
    jaw: np.ndarray,
    close: np.ndarray,
    face: np.ndarray | None,
) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """mouthClose's displacements (n, 3) with which the lips move as one under jawOpen, and the figures."""
    both = jaw + close
    upper, lower = rims(points, contour)
    common = _smooth(0.5 * (upper.sample(both) + lower.sample(both)))
    apart = (upper.sample(points) - lower.sample(points)) @ contour.up
    shut = np.maximum(apart - LIP_CLEARANCE[contour.state] * contour.width, 0.0)
    shut = _smooth(shut[:, None]) * contour.up
    handles = np.concatenate([upper.vertices, lower.vertices])
    wanted = np.concatenate([upper.carry(common - 0.5 * shut), lower.carry(common + 0.5 * shut)])
    values = wanted - both[handles]
    largest = float(np.linalg.norm(values, axis=1).max())
    reach = float(np.clip(0.25 * contour.width + 1.5 * largest, 0.0, 0.7 * contour.width))
    sealed = close + spread(points, triangles, handles, values, reach, face)
    neutral, before, after = (_gap(points + moved, contour) for moved in (np.zeros_like(jaw), both, jaw + sealed))
    opened = float(_gap(points + jaw, contour).max())
    crossing = max(float((-after).max()) - max(float((-neutral).max()), 0.0), 0.0) / contour.width
    gaps = [float(np.maximum(gap, 0).max()) / opened for gap in (before, after)]
    return sealed, (gaps[0], gaps[1], crossing, float(max(neutral.max(), 0.0)))


def lid_depth(points: np.ndarray, eye: Eyeball, contour: Contour, triangles: np.ndarray) -> float:
    """The deepest that any lid vertex near the rim lies inside the eyeball, as a share of its radius; 0 where none
    does. points: (n, 3)."""
    near = surface_distance(points, triangles, np.concatenate([contour.upper, contour.lower]), 0.5 * contour.width)
    ray = points - eye.center
    lids = np.isfinite(near) & (ray @ contour.outward > 0.5 * eye.radius)
    depth = eye.radius - np.linalg.norm(ray, axis=1)[lids]
    return float(max(depth.max(initial=0.0), 0.0) / eye.radius)
