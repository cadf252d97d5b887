"""The bounded solve on a rig that bends: every frame with the linear models of the key poses that are like it.
Numpy alone, for Blender."""

from dataclasses import dataclass

import numpy as np

from .box import solve_box
from .goal import Lead
from .key_poses import nearness
from .refine import Poses
from .solve import Spans

REST, TRUST = 1e-4, 0.03
"""Penalties on the squares of how far controls are from rest and from where they were, in shares of their range, as
shares of the mean squared motion that is wanted: no model holds far from where it was measured."""

CHUNK, CHUNK_BYTES = 1000, 64 << 20
"""Frames that are solved for at a time at most, and what their problems may take of memory."""


@dataclass(frozen=True)
class Model:
    """The linear model of a pose, for S free controls. gram: (S, S). Pulls of what frames want, as weights (R,), of
    followers (F,), and of the pose itself: (R, S), (F, S), (S,)."""

    gram: np.ndarray
    of_wanted: np.ndarray
    of_followers: np.ndarray
    of_pose: np.ndarray


def solve_bent(free: Spans, shapes: np.ndarray, lead: Lead, deltas: np.ndarray, poses: Poses) -> np.ndarray:
    """(T, K) float32, how far from rest the free controls go; followers go as far as poses.start says.

    shapes: (C, n, 3) and deltas: (K, n, 3) of one unit at rest, on the sample. At pose p the rig moves the sample by
    D_p + J_p x; a frame minimises the mean over poses of the squared distance to what it wants, weighted by how near
    the poses are to where it was, with penalties on going far.
    """
    places = np.concatenate([np.zeros((1, len(deltas))), poses.values])
    nearby = np.tensordot(deltas, deltas, ((1, 2), (1, 2)))
    # Of hundreds of bones' channels most rest: a long clip of them all would fill the memory.
    leading, following = lead.intended.any(0), poses.start.any(0)
    following[free.control] = False
    rows = np.concatenate([shapes, deltas[leading]]).reshape(-1, 3 * deltas.shape[1]).astype(np.float64)
    models = _models(free, rows, following, deltas, places, poses)
    grams = np.array([model.gram for model in models])
    among = rows @ rows.T / deltas.shape[1]
    result = np.array(poses.start, np.float32)
    size = len(free.control)
    step = min(CHUNK, max(1, CHUNK_BYTES // (8 * max(size, 1) ** 2)))
    chunks = [slice(first, first + step) for first in range(0, len(result), step)]

    def wanted(some: slice) -> np.ndarray:
        return np.concatenate([lead.left[some], lead.intended[some][:, leading]], axis=1).astype(np.float64)

    energy = np.concatenate([((wanted(some) @ among) * wanted(some)).sum(1) for some in chunks])
    energy = np.maximum(energy, 1e-4 * energy.max(initial=0.0)) + 1e-12
    for some in chunks:
        start = poses.start[some].astype(np.float64)
        shares = nearness(start, places, nearby)
        pulls = np.zeros((len(start), size))
        for at, model in enumerate(models):
            missing = wanted(some) @ model.of_wanted - start[:, following] @ model.of_followers - model.of_pose
            pulls += shares[:, [at]] * missing
        blended = np.tensordot(shares, grams, 1)
        result[some, free.control] = _solved(free, blended, pulls, energy[some], start[:, free.control])
    return result


def _models(
    free: Spans, rows: np.ndarray, following: np.ndarray, deltas: np.ndarray, places: np.ndarray, poses: Poses
) -> list[Model]:
    """Of rest and of every pose. rows: (R, 3 n). following: (K,) bool. places: (P + 1, K)."""
    motion = np.concatenate([np.zeros((1, *deltas.shape[1:]), np.float32), poses.motion])
    result = []
    for at, (place, moved) in enumerate(zip(places, motion, strict=True)):
        jacobian = (deltas if at == 0 else poses.deltas[at - 1]).reshape(len(deltas), -1).astype(np.float64)
        own = jacobian[free.control] * free.span[:, None]
        across = own.T / deltas.shape[1]
        offset = moved.reshape(-1) - place @ jacobian
        result.append(Model(own @ across, rows @ across, jacobian[following] @ across, offset @ across))
    return result


def _solved(free: Spans, grams: np.ndarray, pulls: np.ndarray, energy: np.ndarray, start: np.ndarray) -> np.ndarray:
    """(t, S) values of some frames; grams (t, S, S), pulls (t, S), energy (t,), start (t, S)."""
    size = np.arange(len(free.control))
    rest = -free.low / free.span
    small, trust = REST * energy, TRUST * energy
    before = start / free.span + rest
    # Shares u of the range stand for values low + u span; the pulls are those of values, so rest is put in.
    pull = pulls + grams @ rest + small[:, None] * rest + trust[:, None] * before
    grams[:, size, size] += (small + trust)[:, None]
    return (solve_box(grams, pull, before) - rest) * free.span
