"""What collides where two shapes come together - lips and teeth, lid and lid - and the displacements that part it."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.attach import rigid_motion
from backend.cloning.eye_site import Site, eye_site
from backend.cloning.eyeballs import Eyeball
from backend.cloning.lids import LATTICE, keep_off, lid_sheet
from backend.cloning.margins import Margin, gap, margins, smoothed
from backend.cloning.rim import Contour
from backend.cloning.teeth import STILL, Bite, Motion, keep_off_teeth
from backend.geometry.polyline import resample
from backend.geometry.spread import spread

Pair = tuple[str, str]
Shell = tuple[np.ndarray, np.ndarray]

MOUTH: tuple[tuple[tuple[Pair, ...], tuple[str, ...]], ...] = (
    ((("mouthSmile_L", "jawOpen"), ("mouthSmile_R", "jawOpen")), ()),
    ((("mouthPucker", "jawOpen"),), ()),
    ((("mouthFunnel", "mouthClose"),), ("jawOpen",)),
)
"""Combinations that bring lips to teeth: the pairs of channels that share the correction, by side where there are two,
and the channels that are on besides. mouthClose is made for jawOpen and never comes alone."""

EYES: tuple[tuple[str, str, int], ...] = (("eyeBlink_L", "eyeSquint_L", 0), ("eyeBlink_R", "eyeSquint_R", 1))
"""Combinations that bring lid to lid, and which eye it is."""

CHANNELS = tuple(
    dict.fromkeys(
        [name for pairs, others in MOUTH for names in (*pairs, others) for name in names]
        + [name for first, second, _ in EYES for name in (first, second)]
    )
)

WEIGHTS = (1.0, 0.5)
"""Weights of the keys at which they must not collide together."""

TOLERATED = 0.005
"""Depth of a collision, in widths of the mouth, that needs no corrective: half of what an eye would see."""

ROUNDS = 3
"""How often lids are brought together and off the eye, each of which undoes a little of the other."""

REACH = 0.5
"""How far around the margins of an eye a correction fades out, in widths of the eye."""

SIDES_MEET = 0.16
"""How far from the middle, in widths of the mouth, the corrections of both sides blend into each other."""


@dataclass(frozen=True)
class Eye:
    """One eye: its rim, the fitted ball and the surfaces that it consists of; see eye_site."""

    contour: Contour
    ball: Eyeball | None
    shells: Shell | None


@dataclass(frozen=True)
class Face:
    """What may collide, canonical frame, metres.

    points: (n, 3), triangles: (t, 3) of the skin. free: (n,) bool, what may move. skin: (n, 3) displacements for each
    channel, and teeth: (q, 3) those of the lower teeth, at lower_teeth (q, 3) in the neutral, perhaps none. mouth: the
    rim of the lips. bite: the lips before the teeth, None without teeth. eyes: left and right.
    """

    points: np.ndarray
    triangles: np.ndarray
    free: np.ndarray
    skin: dict[str, np.ndarray]
    lower_teeth: np.ndarray
    teeth: dict[str, np.ndarray]
    mouth: Contour
    bite: Bite | None
    eyes: tuple[Eye, Eye]


def correct_combinations(face: Face) -> dict[Pair, np.ndarray]:
    """Pairs of channels whose sum collides, with the displacements (n, 3) of the skin that correct it at full weights.
    A sum that collides by no more than TOLERATED gets nothing."""
    found: dict[Pair, np.ndarray] = {}
    if face.bite is not None:
        for pairs, others in MOUTH:
            used = {name for pair in pairs for name in pair} | set(others)
            lips, teeth = (sum(fields[name] for name in sorted(used)) for fields in (face.skin, face.teeth))
            fix = _off_teeth(face, face.bite, np.asarray(lips), np.asarray(teeth))
            if fix is not None:
                found |= dict(zip(pairs, _by_side(face, fix, len(pairs)), strict=True))
    for first, second, side in EYES:
        fix = _lids_apart(face, face.eyes[side], face.skin[first] + face.skin[second])
        if fix is not None:
            found[first, second] = fix
    return found


def _off_teeth(face: Face, bite: Bite, lips: np.ndarray, teeth: np.ndarray) -> np.ndarray | None:
    """What keeps the lips of a combination, skin displacements (n, 3), before the teeth, whose lower row moves by
    (q, 3), at all WEIGHTS; None where nothing has to be done."""
    jaws = {weight: _motion(face.lower_teeth, weight * teeth) for weight in WEIGHTS}
    deepest = max(bite.collision(face.points + weight * lips, jaws[weight]) for weight in WEIGHTS)
    if deepest <= TOLERATED:
        return None
    fix = np.zeros_like(lips)
    for weight in (*WEIGHTS, *WEIGHTS):
        pose = weight * (lips + fix)
        fix = fix + (keep_off_teeth(face.points, face.triangles, pose, bite, jaws[weight], face.free) - pose) / weight
    return fix


def _motion(points: np.ndarray, delta: np.ndarray) -> Motion:
    return rigid_motion(points, points + delta, np.ones(len(points))) if len(points) >= 3 else STILL


def _by_side(face: Face, fix: np.ndarray, count: int) -> list[np.ndarray]:
    """The correction as one, or in a left and a right half that add up to it."""
    if count == 1:
        return [fix]
    rim = face.points[face.mouth.loop]
    middle = 0.5 * (rim[:, 0].min() + rim[:, 0].max())
    across = np.clip(0.5 + 0.5 * (face.points[:, 0] - middle) / (SIDES_MEET * face.mouth.width), 0.0, 1.0)
    left = (across**2 * (3 - 2 * across))[:, None]
    return [left * fix, (1 - left) * fix]


def _lids_apart(face: Face, eye: Eye, lids: np.ndarray) -> np.ndarray | None:
    """What brings both lids of a closed and squinting eye onto one curve off the eye; lids: the skin's displacements
    (n, 3). None where they are there already."""
    if eye.contour.state != "open":
        return None
    points, triangles = face.points, face.triangles
    site = eye_site(points, triangles, eye.contour, eye.ball, eye.shells, stand_in=False)
    if max(_lid_crossing(points, lids, eye.contour), _lid_depth(points, lids, site)) <= TOLERATED * face.mouth.width:
        return None
    fixed, sheet = lids, lid_sheet(points, triangles, eye.contour, site)
    for _ in range(ROUNDS):
        met = _met(face, eye.contour, fixed)
        # keep_off also stills what lies behind the margins, which is not a matter of the combination
        fixed = met + (keep_off(sheet, met, site, face.free) - met * site.hold[:, None])
    return fixed - lids


def _met(face: Face, contour: Contour, lids: np.ndarray) -> np.ndarray:
    """Displacements (n, 3) like `lids`, with both margins on the curve midway between where these take them."""
    upper, lower = margins(face.points, contour)
    meeting = smoothed(0.5 * (upper.sample(face.points + lids) + lower.sample(face.points + lids)))
    coarse = min(upper, lower, key=lambda margin: len(margin.vertices))
    meeting = resample(coarse.carry(meeting), Margin.STEPS, coarse.place)
    handles = np.concatenate([upper.vertices, lower.vertices])
    values = np.concatenate([upper.carry(meeting), lower.carry(meeting)]) - (face.points + lids)[handles]
    return lids + spread(face.points, face.triangles, handles, values, REACH * contour.width, face.free)


def _lid_crossing(points: np.ndarray, delta: np.ndarray, contour: Contour) -> float:
    """How far the margins of an eye pass through each other at the worst place, beyond the neutral, metres."""
    before, after = (max(0.0, -float(gap(at, contour).min())) for at in (points, points + delta))
    return max(0.0, after - before)


def _lid_depth(points: np.ndarray, delta: np.ndarray, site: Site) -> float:
    """How much deeper than in the neutral lids lie in the eye at the worst place, metres."""
    if site.surface is None or len(site.lids) == 0:
        return 0.0
    heights = []
    for at in (points, points + delta):
        lids = np.einsum("bc,tcd->tbd", LATTICE, at[site.lids]).reshape(-1, 3)
        over = np.linalg.norm(lids - site.center, axis=1) - site.surface.reach(lids)
        heights.append(np.where(np.isfinite(over), over, np.inf))
    before, after = heights
    deeper = np.where(before < -0.5 * site.radius, -np.inf, np.minimum(before, 0.0) - after)
    return float(np.maximum(deeper, 0.0).max())
