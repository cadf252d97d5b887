"""Eyes close and lips meet: what sealing does to each closure of a face."""

from dataclasses import replace

import numpy as np

from backend.cloning.contours import find_contours
from backend.cloning.eye_site import eye_site
from backend.cloning.eyeballs import Eyeball
from backend.cloning.lids import close_eye, keep_off, lid_sheet, still_lids
from backend.cloning.lips import close_mouth
from backend.cloning.margins import gap
from backend.cloning.result import SealFigure
from backend.cloning.rim import Contour

SIDES = {"L": "eye_left", "R": "eye_right"}

LID_CHANNELS = ("eyeBlink", "eyeSquint", "eyeWide", "eyeLookUp", "eyeLookDown", "eyeLookIn", "eyeLookOut")
"""Channels that move lids."""

LEAST_OPENING = 1e-3
"""Metres that jawOpen must part the lips for there to be anything to seal."""

NOT_OPEN = {
    "closed": "eyes are shut in the neutral",
    "fused": "eyes are one surface with the face",
    "missing": "no lids found",
}
"""Why a blink is not sealed, by the state of the contour."""

Shell = tuple[np.ndarray, np.ndarray]
"""Vertices (v, 3) and triangles (t, 3) of what an eye consists of."""


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
    balls: tuple[Shell | None, Shell | None] = (None, None),
) -> tuple[np.ndarray, tuple[SealFigure, ...]]:
    """Shapes whose blink closes, whose lips meet with jawOpen and mouthClose, and whose lids stay off the eyes.

    vertices, canonical: (n, 3) metres, canonical frame; triangles: (t, 3) of the skin alone, welded. deltas: (K, n, 3)
    in the order of `names` (ICT names). eyes: the fitted left and right eyeball; balls: their own surfaces, in the same
    frame. face: (n,) bool, what may move. landmarks: as in find_contours. contours: found already, otherwise found
    here. Returns new deltas, float32, and one figure per closure. Only mouthClose and LID_CHANNELS change, and only
    near the rims, except that a blink is scaled as a whole where it is too weak for the opening; shut
    eyes get no blink. Corrections are linear in the keys: half a blink is half closed.
    """
    points = np.asarray(vertices, np.float64)
    triangles = np.asarray(triangles)
    result = np.array(deltas, np.float64)
    index = {name: at for at, name in enumerate(names)}
    contours = find_contours(points, triangles, canonical, landmarks, eyes) if contours is None else contours
    figures = []
    for side, eye, ball in zip(SIDES, eyes, balls, strict=True):
        contour = contours[SIDES[side]]
        channels = {stem: index[f"{stem}_{side}"] for stem in LID_CHANNELS if f"{stem}_{side}" in index}
        figure = _seal_eye(points, triangles, contour, result, channels, eye, ball, face)
        if "eyeBlink" in channels:
            figures.append(replace(figure, name=f"eyeBlink_{side}"))
    if "jawOpen" in index and "mouthClose" in index:
        contour = contours["mouth"]
        jaw, close = result[index["jawOpen"]], result[index["mouthClose"]]
        if contour.state in ("open", "closed") and gap(points + jaw, contour).max() < LEAST_OPENING:
            figures.append(SealFigure("jawOpen+mouthClose", "jawOpen does not part the lips"))
        elif contour.state in ("open", "closed"):
            result[index["mouthClose"]], figure = close_mouth(points, triangles, contour, jaw, close, face)
            figures.append(SealFigure("jawOpen+mouthClose", "sealed", *figure))
        else:
            why = "lips are one surface" if contour.state == "fused" else "no lips found"
            figures.append(SealFigure("jawOpen+mouthClose", why))
    return result.astype(np.float32), tuple(figures)


def _seal_eye(
    points: np.ndarray,
    triangles: np.ndarray,
    contour: Contour,
    deltas: np.ndarray,
    channels: dict[str, int],
    eye: Eyeball | None,
    ball: Shell | None,
    face: np.ndarray | None,
) -> SealFigure:
    """Changes the channels of one eye in deltas (K, n, 3) where they are."""
    if contour.state == "closed":
        still = still_lids(points, contour)[:, None]
        for stem, at in channels.items():
            deltas[at] = 0.0 if stem == "eyeBlink" else deltas[at] * still
        return SealFigure("eyeBlink", NOT_OPEN["closed"])
    if contour.state == "missing" and eye is None:
        return SealFigure("eyeBlink", NOT_OPEN["missing"])
    site = eye_site(points, triangles, contour, eye, ball)
    sheet = lid_sheet(points, triangles, contour, site)
    free = site.hold > 0 if face is None else face & (site.hold > 0)
    blink = deltas[channels["eyeBlink"]].copy() if "eyeBlink" in channels else None
    for stem, at in channels.items():
        if stem == "eyeBlink" and contour.state == "open":
            deltas[at] = close_eye(sheet, contour, deltas[at], site, free)
        else:
            deltas[at] = keep_off(sheet, deltas[at], site, free)
    if contour.state != "open" or blink is None:
        return SealFigure("eyeBlink", NOT_OPEN.get(contour.state, ""))
    neutral = gap(points, contour)
    before, after = (gap(points + delta, contour) for delta in (blink, deltas[channels["eyeBlink"]]))
    opening = float(neutral.max())
    crossing = float(np.maximum(-after, 0).max()) / contour.width
    shares = [float(np.maximum(left, 0).max()) / opening for left in (before, after)]
    return SealFigure("eyeBlink", "sealed", shares[0], shares[1], crossing, opening)
