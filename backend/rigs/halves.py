"""Both directions of every control as variables from 0 to 1, and the bounded solve for them."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.code_fit import FLOOR, SMALL, SPARSE, solve_codes
from backend.rigs.rig import Rig

FAR = 4.0
"""How far a control without a bound is let go: until it moves the face so many times as much as the strongest shape."""

CHUNK = 500
"""Frames that are solved for at a time."""


@dataclass(frozen=True)
class Halves:
    """H directions of the controls from rest. control: (H,) which. reach: (H,) signed, from rest to the bound."""

    control: np.ndarray
    reach: np.ndarray

    def values(self, shares: np.ndarray, count: int) -> np.ndarray:
        """(T, count) values of the controls away from rest at shares (T, H) of the reach."""
        result = np.zeros((len(shares), count))
        np.add.at(result.T, self.control, (shares * self.reach).T)
        return result


def halves(rig: Rig, usable: np.ndarray, energy: np.ndarray, strongest: float) -> Halves:
    """The directions that bounds leave to the usable (K,) controls. energy: (K,) of what a unit of each does.
    strongest: of what a channel does."""
    far = FAR * np.sqrt(strongest / np.maximum(energy, 1e-300))
    control, reach = [], []
    for at in np.flatnonzero(usable):
        for bound in (rig.maximum[at], rig.minimum[at]):
            away = float(np.clip(bound - rig.rest[at], -far[at], far[at]))
            if away != 0:
                control.append(at)
                reach.append(away)
    return Halves(np.array(control, int), np.array(reach, float))


def solve(chosen: Halves, gram: np.ndarray, channels: np.ndarray) -> np.ndarray:
    """(T, H) shares of the reach, 0..1, that bring the face nearest to channels (T, C), sparsely and with small values
    where the face hardly tells. gram: (K + C, K + C) products of what a unit of each control and channel does.

    The penalties follow the residual, as in the reading of codes, so that what can be had exactly is.
    """
    count = len(gram) - channels.shape[1]
    own = gram[np.ix_(chosen.control, chosen.control)] * np.outer(chosen.reach, chosen.reach)
    across = gram[count:, chosen.control] * chosen.reach
    among = gram[count:, count:]
    result = np.zeros((len(channels), len(chosen.control)))
    fixed = np.zeros(len(chosen.control), bool)
    for start in range(0, len(channels) if len(fixed) else 0, CHUNK):
        some = channels[start : start + CHUNK].astype(np.float64)
        products, energy = some @ across, ((some @ among) * some).sum(1)
        noise = 1e-3 * energy + FLOOR * float(np.trace(among))
        shares = np.zeros((len(some), len(fixed)))
        for _ in range(2):
            shares = solve_codes(own, products, SPARSE * noise, SMALL * noise, shares, fixed)
            missed = energy - 2 * (shares * products).sum(1) + ((shares @ own) * shares).sum(1)
            noise = np.clip(missed, noise, None)
        result[start : start + CHUNK] = shares
    return result
