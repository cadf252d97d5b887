"""Lids that close over an eye and stay off it: on lid, around the eyeball and over what lies behind the margins."""

import numpy as np

from backend.cloning.eye_site import Site
from backend.cloning.margins import Margin, gap, margins, smoothed
from backend.cloning.rim import Contour
from backend.geometry.operators import turned_over
from backend.geometry.polyline import resample
from backend.geometry.rigid import redrawn
from backend.geometry.spread import Sheet
from backend.geometry.surface_distance import surface_distance

STRENGTH = (1.0, 4.0)
"""How much a predicted blink may be scaled so that it fits the opening, before the rest is corrected; one that closes
too far is right about the skin around the lids."""

LOWER_LID = (-0.05, 0.35)
"""How far a lower lid may go up in a blink, as a share of the opening; most of the way is the upper lid's."""

BULGE = 0.06
"""How much further out, in radii, closed lids may lie so that half-closed ones, which move along straight lines, cut
less into a round eye."""

HALFWAY = (0.25, 0.5, 0.75)

FEW = 0.0025
"""Share of the face's triangles that may turn over in one eye's blink: whether a single one does is up to rounding, and
must not decide how the skin around it lies."""

ROUNDS = 4
SETTLED = 2e-5
"""Metres inside the eye that are good enough."""

LATTICE = np.array([(i, j, 3 - i - j) for i in range(4) for j in range(4 - i)]) / 3
"""(10, 3) barycentric coordinates of the points of a triangle that are kept off the eye."""

BLINK_REACH = (0.4, 0.9)
"""Between these distances from the rim along the surface, in widths of the eye, a blink fades out: on a head unlike a
person's the correspondence may take the crown for a lid."""

LIFT_REACH = 0.5
"""How far around what is lifted off the eye, in its radii, skin is lifted with it."""

NEAR_EYE = 1.4
"""Radii from the eye's centre within which lids usually have to be lifted off it."""

SHUT_REACH = 0.45
"""How far around shut lids, in widths of the eye, motion fades out."""


def lid_sheet(points: np.ndarray, triangles: np.ndarray, contour: Contour, site: Site) -> Sheet:
    """The skin around an eye, to be moved many times: points (n, 3), triangles (t, 3)."""
    reach = max(LIFT_REACH * site.radius, _reach(contour, 0.0))
    lids = np.unique(site.lids)
    near = np.linalg.norm(points[lids] - site.center, axis=1) < NEAR_EYE * site.radius
    return Sheet(points, triangles, np.union1d(lids[near], contour.loop), reach)


def close_eye(
    sheet: Sheet,
    contour: Contour,
    delta: np.ndarray,
    site: Site,
    free: np.ndarray,
) -> np.ndarray:
    """The displacements (n, 3) of a blink that brings both margins of an open eye onto one curve, off the eye.

    The curve is where the predicted blink takes the lower lid, which may rise by LOWER_LID; the upper lid is brought
    there. Both margins follow the polyline of the coarser one, so nothing gapes between their vertices. free: (n,)
    bool, what may move.
    """
    points, triangles = sheet.points, sheet.triangles
    neutral, predicted = gap(points, contour), gap(points + delta, contour)
    closing = neutral - predicted
    if closing.mean() > 0.15 * neutral.mean():
        scale = float((closing * neutral).sum() / max((closing**2).sum(), 1e-18))
        delta = delta * np.clip(scale, *STRENGTH)
    away = surface_distance(points, triangles, contour.loop, BLINK_REACH[1] * contour.width) / contour.width
    near = 1 - np.clip((away - BLINK_REACH[0]) / (BLINK_REACH[1] - BLINK_REACH[0]), 0.0, 1.0)
    delta = delta * (near**2 * (3 - 2 * near) * site.hold)[:, None]
    upper, lower = margins(points, contour)
    raised = lower.sample(delta)
    height = raised @ contour.up
    limited = np.clip(height, *(contour.opening * np.array(LOWER_LID)))
    meeting = smoothed(lower.sample(points) + raised + (limited - height)[:, None] * contour.up)
    coarse = min(upper, lower, key=lambda margin: len(margin.vertices))
    knots = coarse.carry(meeting)
    handles = np.concatenate([upper.vertices, lower.vertices])
    for _ in range(ROUNDS):
        wanted = np.concatenate(
            [margin.carry(resample(knots, Margin.STEPS, coarse.place)) for margin in (upper, lower)]
        )
        values = wanted - (points + delta)[handles]
        closed = delta + sheet.spread(handles, values, _reach(contour, float(np.abs(values).max())), free)
        lift = _lift(points, closed, site, closing=True)
        if lift.max(initial=0.0) < SETTLED:
            break
        share = [np.interp(coarse.place, margin.place, lift[margin.vertices]) for margin in (upper, lower)]
        knots = knots + np.maximum(*share)[:, None] * _ray(knots, site)
        delta = delta + _lifted(sheet, closed, lift, handles, site, free)
    return _unfolded(sheet, contour, _walls_outside(points, closed, site), site, free)


def _reach(contour: Contour, furthest: float) -> float:
    """How far around the margins is felt that they are moved, at most `furthest`."""
    return min(max(0.7 * contour.opening, 0.3 * contour.width, 2.0 * furthest), 1.2 * contour.width)


def _unfolded(sheet: Sheet, contour: Contour, delta: np.ndarray, site: Site, free: np.ndarray) -> np.ndarray:
    """The displacements (n, 3) of a blink with fewer triangles that turn over: where more than FEW do, the skin around
    them is bent as a stiff sheet between the margins, which stay, and what lies further off. Of all tries the best."""
    points, triangles = sheet.points, sheet.triangles
    best, turned = delta, turned_over(points, triangles, delta)
    least, loose = turned.sum(), np.zeros(len(points), bool)
    bendable = free.copy()
    bendable[contour.loop] = False
    for _ in range(ROUNDS):
        if turned.sum() <= FEW * free[triangles].all(1).sum():
            break
        beside = np.isin(np.arange(len(points)), triangles[turned])
        loose[triangles[beside[triangles].any(1)]] = True
        loose &= bendable
        delta = redrawn(points, triangles, delta, loose)
        lift = np.where(loose, _lift(points, delta, site, closing=True), 0.0)
        delta = delta + _lifted(sheet, delta, lift, contour.loop, site, loose)
        turned = turned_over(points, triangles, delta)
        if turned.sum() < least:
            best, least = delta, turned.sum()
    return best


def keep_off(sheet: Sheet, delta: np.ndarray, site: Site, free: np.ndarray) -> np.ndarray:
    """Displacements (n, 3) whose lids keep the distance to the eye that they have in the neutral, up to the site's
    clearance."""
    points = sheet.points
    delta = delta * site.hold[:, None]
    for _ in range(ROUNDS):
        lift = _lift(points, delta, site, closing=False)
        if lift.max(initial=0.0) < SETTLED:
            break
        delta = delta + _lifted(sheet, delta, lift, np.zeros(0, int), site, free)
    return _walls_outside(points, delta, site)


def _walls_outside(points: np.ndarray, delta: np.ndarray, site: Site) -> np.ndarray:
    """Displacements (n, 3) whose inner walls, which follow the lids, are no deeper in the eye than in the neutral, and
    lifted by no more than they move."""
    walls = site.walls[np.any(delta[site.walls] != 0, axis=1)]
    if site.surface is None or len(walls) == 0:
        return delta
    ends = points[walls] + delta[walls]
    first, last = (np.linalg.norm(at - site.center, axis=1) - site.surface.reach(at) for at in (points[walls], ends))
    sunk = np.where(np.isfinite(first), np.minimum(first, 0.0), 0.0) - last
    sunk = np.minimum(sunk, np.linalg.norm(delta[walls], axis=1))
    result = delta.copy()
    result[walls] += np.where(sunk > 0, sunk, 0.0)[:, None] * _ray(ends, site)
    return result


def still_lids(points: np.ndarray, contour: Contour) -> np.ndarray:
    """(n,) factors for the displacements of shut lids, which cannot close further: nothing at their line, everything
    SHUT_REACH away."""
    rim = points[contour.loop]
    low, high = rim.min(0) - contour.width, rim.max(0) + contour.width
    near = np.flatnonzero(((points > low) & (points < high)).all(1))
    factor = np.ones(len(points))
    away = np.linalg.norm(points[near, None] - rim, axis=2).min(1) / (SHUT_REACH * contour.width)
    share = np.clip(away, 0.0, 1.0)
    factor[near] = share**2 * (3 - 2 * share)
    return factor


def _ray(points: np.ndarray, site: Site) -> np.ndarray:
    ray = points - site.center
    return ray / np.maximum(np.linalg.norm(ray, axis=1, keepdims=True), 1e-9)


def _lift(points: np.ndarray, delta: np.ndarray, site: Site, closing: bool) -> np.ndarray:
    """(n,) how far each vertex has to go out so that no point of the lids lies in the eye. closing: at every stage of a
    blink as far as BULGE allows, with the whole clearance at its end; otherwise at the end, no further than the
    neutral and by no more than it moves."""
    lift = np.zeros(len(points))
    surface = site.surface
    if surface is None or len(site.lids) == 0:
        return lift
    moves = np.any(delta != 0, axis=1)
    lids = site.lids[moves[site.lids].any(1)]
    neutral = np.einsum("bc,tcd->tbd", LATTICE, points[lids])
    change = np.einsum("bc,tcd->tbd", LATTICE, delta[lids])

    def height(weight: float) -> np.ndarray:
        at = (neutral + weight * change).reshape(-1, 3)
        over = np.linalg.norm(at - site.center, axis=1) - surface.reach(at)
        return np.where(np.isfinite(over), over, np.inf).reshape(neutral.shape[:2])

    first, last = height(0.0), height(1.0)
    deep = first < -0.5 * site.radius
    if closing:
        lack = site.clearance - last
        room = site.clearance + BULGE * site.radius - last
        for weight in HALFWAY:
            short = (np.minimum(first, 0.0) - height(weight)) / weight
            lack = np.maximum(lack, np.minimum(short, room))
    else:
        # what comes over the brink of a painted eye from beside it was never above it
        lack = np.minimum(np.minimum(first, site.clearance) - last, np.linalg.norm(change, axis=2))
    most = np.where(deep | ~np.isfinite(lack), 0.0, np.maximum(lack, 0.0)).max(1)
    np.maximum.at(lift, lids.ravel(), np.repeat(most, 3))
    lift[~moves] = 0.0
    return lift


def _lifted(
    sheet: Sheet,
    delta: np.ndarray,
    lift: np.ndarray,
    fixed: np.ndarray,
    site: Site,
    free: np.ndarray,
) -> np.ndarray:
    """(n, 3) the lift along the rays of the eye, smooth around the vertices that need it; nothing at `fixed` ones,
    which are moved otherwise."""
    lift = lift * site.hold
    needy = np.setdiff1d(np.flatnonzero(lift > 0), fixed)
    handles = np.concatenate([needy, fixed])
    values = np.zeros((len(handles), 3))
    values[: len(needy)] = lift[needy, None] * _ray((sheet.points + delta)[needy], site)
    return sheet.spread(handles, values, LIFT_REACH * site.radius, free)
