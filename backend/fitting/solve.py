"""One identity and, for each picture, expression, pose and lens: least squares on landmarks, with priors and bounds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from backend.cloning.landmark_map import RIMS
from backend.errors import Progress, silent
from backend.fitting.basis import PUPILS, HeadBasis
from backend.fitting.levenberg import minimise
from backend.fitting.pinhole import Pinhole

FOCAL, FOCAL_SPREAD = 1.3, 0.35
"""Of an unknown lens, in longer sides of the picture, and the standard deviation of its logarithm: 28 to 80 mm on
small film for two thirds of all pictures."""

KNOWN = 1e-6
"""How far the logarithm of a known lens may go."""

IDENTITY_BOUND = 4.0
SKIN_ERROR, RIM_ERROR = 0.03, 0.012
"""Standard deviation of landmarks on the skin, and on the rims of lids and lips, in distances between the eyes' outer
corners: the detector's error, and what the basis cannot say."""

STRAY = 3.0
"""Standard deviations from which on a landmark counts for less, as 1 / (1 + (error / STRAY)^2)^2 (Geman-McClure)."""

HIDDEN, HIDDEN_WEIGHT = 0.1, 0.1
"""Landmarks whose surface is turned away from the viewer, by this cosine, are the detector's guess."""

ROUNDS, STEPS = 3, 12
OUTER_CORNERS = (33, 263)


@dataclass(frozen=True)
class View:
    """One picture's part of a fit. weights: (E,) of the basis' names. rotation: (3, 3) and translation: (3,) metres,
    from the canonical frame to the camera's. camera: its lens. residuals: (478,) pixels, NaN where nothing was seen."""

    weights: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray
    camera: Pinhole
    residuals: np.ndarray


@dataclass(frozen=True)
class Guess:
    """What is expected before the landmarks are looked at: the middle of the priors, and where the search begins.
    identity: (modes,). weights: (E,) for each picture. identity_spread, spread: the priors' standard deviations, of the
    weights the basis' own where None."""

    identity: np.ndarray
    weights: list[np.ndarray]
    identity_spread: float = 1.0
    spread: float | None = None


def no_guess(basis: HeadBasis, views: int) -> Guess:
    """The mean head at rest."""
    return Guess(np.zeros(basis.modes), [np.zeros(len(basis.names))] * views)


def start(basis: HeadBasis, landmarks: np.ndarray, size: tuple[int, int], focal: float | None) -> View:
    """The mean head's pose that fits landmarks (478, 2) of a picture (height, width) best, in closed form (SQPnP,
    Terzakis and Lourakis 2020). focal: pixels, None where it is not known."""
    height, width = size
    camera = Pinhole(focal or FOCAL * max(size), (width / 2, height / 2))
    seen = np.isfinite(landmarks).all(1)
    seen[list(PUPILS)] = False
    flip = np.array([1.0, -1.0, -1.0])
    _, turned, moved = cv2.solvePnP(
        basis.mean[seen] * flip, landmarks[seen].astype(float), camera.intrinsics, np.zeros(4), flags=cv2.SOLVEPNP_SQPNP
    )
    rotation = flip[:, None] * cv2.Rodrigues(turned)[0] * flip
    empty = np.full(len(landmarks), np.nan)
    return View(np.zeros(len(basis.names)), rotation, moved[:, 0] * flip, camera, empty)


def solve(
    basis: HeadBasis,
    landmarks: list[np.ndarray],
    sizes: list[tuple[int, int]],
    focals: Sequence[float | None],
    progress: Progress = silent,
    guess: Guess | None = None,
    counts: Sequence[np.ndarray] | None = None,
    see: Callable[[np.ndarray, list[View]], None] | None = None,
) -> tuple[np.ndarray, list[View]]:
    """The identity code (I,) that pictures of one person share, and the view of each.

    landmarks: (478, 2) pixels per picture, NaN where unseen. sizes: height and width per picture. focals: pixels, None
    where the lens is not known. counts: (478,) per picture, for how many landmarks that were found each counts. The
    identity has a unit normal prior, or one about a guess, and the weights are bounded; landmarks that stray, and those
    on surface that is turned away, count for less, in ROUNDS rounds, but for those that count for more than one.
    see: is shown what each round has found.
    """
    views = [start(basis, *one) for one in zip(landmarks, sizes, focals, strict=True)]
    guess = no_guess(basis, len(views)) if guess is None else guess
    views = [replace(view, weights=weights) for view, weights in zip(views, guess.weights, strict=True)]
    identity = guess.identity
    counts = [np.ones(len(points)) for points in landmarks] if counts is None else counts
    spreads = [_spread(points) / np.sqrt(count) for points, count in zip(landmarks, counts, strict=True)]
    for turn in range(ROUNDS):
        progress(turn / ROUNDS, "Fitting the head")
        trust = [_trust(basis, *one) for one in zip(views, spreads, counts, strict=True)]
        doubts = [s / np.sqrt(t) for s, t in zip(spreads, trust, strict=True)]
        problem = Problem(basis, landmarks, doubts, views, focals, guess)
        identity, views = problem.solve(identity)
        if see is not None:
            see(identity, views)
    return identity, views


def _spread(landmarks: np.ndarray) -> np.ndarray:
    """(478,) the standard deviation of each landmark in pixels, infinite where it was not seen."""
    between = np.linalg.norm(landmarks[OUTER_CORNERS[0]] - landmarks[OUTER_CORNERS[1]])
    spread = np.full(len(landmarks), SKIN_ERROR * between)
    spread[[*RIMS, *PUPILS]] = RIM_ERROR * between
    spread[~np.isfinite(landmarks).all(1)] = np.inf
    spread[[number for number in range(468, len(landmarks)) if number not in PUPILS]] = np.inf
    return spread


def _trust(basis: HeadBasis, view: View, spread: np.ndarray, count: np.ndarray) -> np.ndarray:
    """(478,) how much each landmark is believed, after the view of the last round."""
    places = basis.mean @ view.rotation.T + view.translation
    facing = -np.einsum("ni,ni->n", basis.normals @ view.rotation.T, places) / np.linalg.norm(places, axis=1)
    trust = np.where(facing > HIDDEN, 1.0, HIDDEN_WEIGHT)
    strayed = np.nan_to_num(view.residuals / spread)
    return np.where(count > 1, 1.0, trust / (1 + (strayed / STRAY) ** 2) ** 2)


@dataclass(frozen=True)
class Problem:
    """The residuals of all pictures and priors, and their derivatives. Unknowns: the identity, then for each view the
    weights, a rotation after the view's own, the translation, and the logarithm of the lens against the view's own.
    spreads: (478,) pixels per view, infinite for what was not seen. focals: pixels per view, None where unknown."""

    basis: HeadBasis
    landmarks: list[np.ndarray]
    spreads: list[np.ndarray]
    views: list[View]
    focals: Sequence[float | None]
    guess: Guess

    def solve(self, identity: np.ndarray) -> tuple[np.ndarray, list[View]]:
        """The best identity and views, from identity and the views there are."""
        modes = len(identity)
        own = [part for view in self.views for part in (view.weights, np.zeros(3), view.translation, [0.0])]
        lenses = [KNOWN if focal else np.inf for focal in self.focals]
        low = [part for lens in lenses for part in (self.basis.low, np.full(6, -np.inf), [-lens])]
        high = [part for lens in lenses for part in (self.basis.high, np.full(6, np.inf), [lens])]
        found = minimise(
            self.residuals,
            np.concatenate([identity, *own]),
            np.concatenate([np.full(modes, -IDENTITY_BOUND), *low]),
            np.concatenate([np.full(modes, IDENTITY_BOUND), *high]),
            STEPS,
        )
        return found[:modes], [
            self._view(found[:modes], number, part) for number, (_, _, part) in enumerate(self._parts(found))
        ]

    def residuals(self, unknowns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Residuals (R,) in standard deviations and their derivatives (R, unknowns)."""
        modes, count = self.basis.modes, len(self.basis.names)
        identity = unknowns[:modes]
        guess, certain = self.guess, 1 / self.guess.identity_spread
        doubt = self.basis.spread if guess.spread is None else np.full(count, guess.spread)
        values, rows = [certain * (identity - guess.identity)], [certain * np.eye(modes, len(unknowns))]
        for number, (view, begin, part) in enumerate(self._parts(unknowns)):
            points, spread = self.landmarks[number], self.spreads[number]
            used = np.isfinite(spread)
            moved = self._moved(view, part)
            places, by_identity, by_weights = self.basis.places(identity, moved.weights)
            turned = places @ moved.rotation.T
            seen = turned + moved.translation
            pixels = moved.camera.project(seen)
            expected = (moved.weights - guess.weights[number]) / doubt
            values += [((pixels - points)[used] / spread[used, None]).ravel(), expected]
            lens = np.log(moved.camera.focal / (FOCAL * max(2 * np.array(moved.camera.centre)))) / FOCAL_SPREAD
            values.append(np.array([lens]))

            by_place = moved.camera.derivatives(seen)[used] / spread[used, None, None]
            block = np.zeros((int(used.sum()), 2, len(unknowns)))
            block[..., :modes] = by_place @ (by_identity[:, used] @ moved.rotation.T).transpose(1, 2, 0)
            block[..., begin : begin + count] = by_place @ (by_weights[:, used] @ moved.rotation.T).transpose(1, 2, 0)
            after = begin + count
            block[..., after : after + 3] = by_place @ -_cross(turned[used]) @ _left_jacobian(part[count : count + 3])
            block[..., after + 3 : after + 6] = by_place
            block[..., after + 6] = (pixels - moved.camera.centre)[used] / spread[used, None]
            priors = np.zeros((count + 1, len(unknowns)))
            priors[:count, begin:after] = np.diag(1 / doubt)
            priors[count, after + 6] = 1 / FOCAL_SPREAD
            rows += [block.reshape(-1, len(unknowns)), priors]
        return np.concatenate(values), np.concatenate(rows)

    def _parts(self, unknowns: np.ndarray) -> list[tuple[View, int, np.ndarray]]:
        """Each view with the place of its first unknown and all of its own."""
        length = len(self.basis.names) + 7
        begins = [self.basis.modes + length * number for number in range(len(self.views))]
        return [(view, at, unknowns[at : at + length]) for view, at in zip(self.views, begins, strict=True)]

    def _moved(self, view: View, part: np.ndarray) -> View:
        """view moved by its unknowns, with the residuals that it had."""
        count = len(self.basis.names)
        camera = replace(view.camera, focal=view.camera.focal * float(np.exp(part[-1])))
        rotation = Rotation.from_rotvec(part[count : count + 3]).as_matrix() @ view.rotation
        return View(part[:count], rotation, part[count + 3 : count + 6], camera, view.residuals)

    def _view(self, identity: np.ndarray, number: int, part: np.ndarray) -> View:
        """The number-th view moved by its unknowns."""
        moved = self._moved(self.views[number], part)
        places = self.basis.places(identity, moved.weights)[0]
        pixels = moved.camera.project(places @ moved.rotation.T + moved.translation)
        return replace(moved, residuals=np.linalg.norm(pixels - self.landmarks[number], axis=1))


def _cross(vectors: np.ndarray) -> np.ndarray:
    """(n, 3, 3) matrices of the cross product with vectors (n, 3)."""
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], 1).reshape(-1, 3, 3)


def _left_jacobian(rotation: np.ndarray) -> np.ndarray:
    """(3, 3) of the exponential map at a rotation vector (3,): how the turn after it changes with it."""
    angle = np.linalg.norm(rotation)
    if angle < 1e-6:
        return np.eye(3)
    cross = _cross(rotation[None])[0]
    return np.eye(3) + (1 - np.cos(angle)) / angle**2 * cross + (angle - np.sin(angle)) / angle**3 * cross @ cross
