"""The bounded solve on a rig that bends: every frame with the linear models of the key poses that are like it.
Numpy alone, for Blender."""

import numpy as np

from .box import solve_box
from .goal import Lead
from .key_poses import nearness
from .refine import Poses
from .solve import Spans

REST, TRUST = 1e-4, 0.01
"""Penalties on the squares of how far controls are from rest and from where they were, in shares of their range, as
shares of the mean squared motion that is wanted: no model holds far from where it was measured."""

CHUNK_BYTES = 64 << 20


def solve_bent(free: Spans, shapes: np.ndarray, lead: Lead, deltas: np.ndarray, poses: Poses) -> np.ndarray:
    """(T, K) how far from rest the free controls go; followers go as far as poses.start says.

    shapes: (C, n, 3) and deltas: (K, n, 3) of one unit at rest, on the sample. At pose p the rig moves the sample by
    D_p + J_p x; a frame minimises the mean over poses of the squared distance to what it wants, weighted by how near
    the poses are to where it was, with penalties on going far.
    """
    motion = np.concatenate([np.zeros_like(poses.motion[:1]), poses.motion])
    places = np.concatenate([np.zeros_like(poses.values[:1]), poses.values])
    shares = nearness(poses.start, places, np.tensordot(deltas, deltas, ((1, 2), (1, 2))))
    # Of hundreds of bones' channels most rest: a long clip of them all would fill the memory.
    leading, following = lead.intended.any(0), poses.start.any(0)
    following[free.control] = False
    wanted = np.concatenate([lead.left, lead.intended[:, leading]], axis=1)
    follows = poses.start[:, following]
    rows = np.concatenate([shapes, deltas[leading]]).reshape(-1, 3 * deltas.shape[1]).astype(np.float64)
    among = rows @ rows.T / deltas.shape[1]
    energy = ((wanted @ among) * wanted).sum(1)
    size = len(free.control)
    grams, pulls = np.empty((len(places), size, size)), np.zeros((len(wanted), size))
    for at, (place, moved) in enumerate(zip(places, motion, strict=True)):
        jacobian = (deltas if at == 0 else poses.deltas[at - 1]).reshape(len(deltas), -1).astype(np.float64)
        offset = moved.reshape(-1) - place @ jacobian
        own = jacobian[free.control] * free.span[:, None] / deltas.shape[1]
        grams[at] = own @ (jacobian[free.control] * free.span[:, None]).T
        missing = wanted @ (rows @ own.T) - follows @ (jacobian[following] @ own.T) - offset @ own.T
        pulls += shares[:, [at]] * missing
    return _solved(free, grams, pulls, shares, energy, poses.start)


def _solved(
    free: Spans, grams: np.ndarray, pulls: np.ndarray, shares: np.ndarray, energy: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Chunk by chunk; grams (P, S, S), pulls (T, S), shares (T, P), energy (T,), start (T, K)."""
    result = np.array(start, np.float64)
    size = len(free.control)
    rest = -free.low / free.span
    energy = np.maximum(energy, 1e-4 * energy.max(initial=0.0)) + 1e-12
    small, trust = REST * energy, TRUST * energy
    step = max(1, CHUNK_BYTES // (8 * max(size, 1) ** 2))
    for first in range(0, len(pulls), step):
        some = slice(first, first + step)
        blended = np.tensordot(shares[some], grams, 1)
        before = start[some][:, free.control] / free.span + rest
        # Shares u of the range stand for values low + u span; the pulls are those of values, so rest is put in.
        pull = pulls[some] + blended @ rest + small[some, None] * rest + trust[some, None] * before
        blended[:, np.arange(size), np.arange(size)] += (small + trust)[some, None]
        result[some, free.control] = (solve_box(blended, pull, before) - rest) * free.span
    return result
