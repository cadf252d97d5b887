"""The bounded solve on a rig that bends: every frame with the linear models of the key poses that are like it.
Numpy alone, for Blender."""

from dataclasses import dataclass

import numpy as np

from .box import solve_box
from .goal import Lead
from .key_poses import nearness
from .patches import Patch, patches
from .refine import Poses
from .solve import Spans

REST = 1e-4
"""Penalty on the square of how far controls are from rest, in shares of their range, as a share of the mean squared
motion that is wanted. That on how far they are from where they were, for no model holds far from where it was measured,
is the poses' own."""

CHUNK, CHUNK_BYTES = 1000, 64 << 20
"""Frames that are solved for at a time at most, and what their problems may take of memory."""


def solve_bent(free: Spans, shapes: np.ndarray, lead: Lead, deltas: np.ndarray, poses: Poses) -> np.ndarray:
    """(T, K) float32 how far from rest the free controls go; followers go as far as poses.start says.

    shapes: (C, n, 3) and deltas: (K, n, 3) of one unit at rest, on the sample. At pose p the rig moves a patch of the
    sample by D_p + J_p x. What these models, weighted by how near the poses are for the patch, say wrongly of the poses
    that were looked at is put right around them. A frame minimises the squared distance to what it wants, with
    penalties on going far: Newton's method with exact residuals and Jacobians that are nearly right.
    """
    wanting = Wanting(lead, poses, free, shapes, deltas)
    models = [model(patch, free, deltas, poses, wanting) for patch in patches(deltas)]
    size = len(free.control)
    rest = -free.low / free.span
    energy = wanting.energy()
    energy = np.maximum(energy, 1e-4 * energy.max(initial=0.0)) + 1e-12
    small, trust = REST * energy, poses.trust * energy
    result = np.array(poses.start, np.float32)
    step = min(CHUNK, max(1, CHUNK_BYTES // (8 * max(size, 1) ** 2)))
    for first in range(0, len(result), step):
        some = slice(first, first + step)
        wanted, start = wanting(some), poses.start[some].astype(np.float64)
        grams, pull = np.zeros((len(start), size, size)), np.zeros((len(start), size))
        for one in models:
            gram, pulled = one(start, wanted)
            grams[:, one.controls[:, None], one.controls] += gram
            pull[:, one.controls] += pulled
        before = start[:, free.control] / free.span + rest
        # Shares u of the range stand for values low + u span; the pulls are those of values, so rest is put in.
        pull += grams @ rest + small[some, None] * rest + trust[some, None] * before
        grams[:, np.arange(size), np.arange(size)] += (small + trust)[some, None]
        result[some, free.control] = (solve_box(grams, pull, before) - rest) * free.span
    return result


class Wanting:
    """What frames want, as weights of rows (R, n, 3): channels that nobody follows, what followers would do."""

    def __init__(self, lead: Lead, poses: Poses, free: Spans, shapes: np.ndarray, deltas: np.ndarray) -> None:
        # Of hundreds of bones' channels most rest: a long clip of them all would fill the memory.
        leading, self.following = lead.intended.any(0), poses.start.any(0)
        self.following[free.control] = False
        self._parts = (lead.left, lead.intended[:, leading])
        self.rows = np.concatenate([shapes, deltas[leading]])

    def __call__(self, some: slice) -> np.ndarray:
        """(t, R) of some frames."""
        return np.concatenate([part[some] for part in self._parts], axis=1)

    def energy(self) -> np.ndarray:
        """(T,) mean squared motion that is wanted."""
        flat = self.rows.reshape(len(self.rows), -1).astype(np.float64)
        among = flat @ flat.T / self.rows.shape[1]
        result = np.empty(len(self._parts[0]))
        for first in range(0, len(result), CHUNK):
            some = slice(first, first + CHUNK)
            wanted = self(some)
            result[some] = ((wanted @ among) * wanted).sum(1)
        return result


@dataclass(frozen=True)
class Model:
    """What the free controls (s,) that touch a patch do to it at P poses. known: (P, d) the places of these, seen: (M,
    d) of those that were looked at. grams: (P, s, s). Pulls of weights (R,), of followers (F,), of nothing, and of what
    the models say wrongly of poses that were looked at: (P, R, s), (P, F, s), (P, s), (P, M, s)."""

    patch: Patch
    following: np.ndarray
    controls: np.ndarray
    known: np.ndarray
    seen: np.ndarray
    grams: np.ndarray
    of_weights: np.ndarray
    of_followers: np.ndarray
    of_nothing: np.ndarray
    of_wrong: np.ndarray

    def __call__(self, start: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(t, s, s) products and (t, s) pulls of frames that start at values (t, K) and want weights (t, R)."""
        places = self.patch.places(start)
        shares, close = nearness(places, self.known), nearness(places, self.seen)
        follows = start[:, self.following]
        pulls = np.zeros((len(start), len(self.controls)))
        for at in range(len(self.known)):
            missing = wanted @ self.of_weights[at] - follows @ self.of_followers[at] - self.of_nothing[at]
            pulls += shares[:, [at]] * (missing - close @ self.of_wrong[at])
        return np.tensordot(shares, self.grams, 1), pulls


def model(patch: Patch, free: Spans, deltas: np.ndarray, poses: Poses, wanting: Wanting) -> Model:
    """The Model of a patch."""
    count = deltas.shape[1]

    def flat(fields: np.ndarray) -> np.ndarray:
        return fields[:, patch.vertices].reshape(len(fields), -1).astype(np.float64)

    values = np.concatenate([np.zeros_like(poses.values[:1]), poses.values])
    motion = np.concatenate([np.zeros_like(flat(poses.motion)[:1]), flat(poses.motion)])
    known, seen = patch.places(values), patch.places(poses.places)
    shares, wrong = nearness(seen, known), flat(poses.moved)
    touching = np.zeros(len(free.control), bool)
    # Of many poses all at once would fill the memory.
    measured = [deltas, *poses.deltas]
    for at, one in enumerate(measured):
        jacobian = flat(one)
        wrong -= shares[:, [at]] * (motion[at] + (poses.places - values[at]) @ jacobian)
        touching |= jacobian[free.control].any(1)
    chosen = np.flatnonzero(touching)
    rows, parts = flat(wanting.rows), []
    for at, one in enumerate(measured):
        jacobian = flat(one)
        own = jacobian[free.control[chosen]] * free.span[chosen, None]
        across = own.T / count
        offset = motion[at] - values[at] @ jacobian
        parts.append(
            (own @ across, rows @ across, jacobian[wanting.following] @ across, offset @ across, wrong @ across)
        )
    return Model(patch, wanting.following, chosen, known, seen, *(np.array(part) for part in zip(*parts, strict=True)))
