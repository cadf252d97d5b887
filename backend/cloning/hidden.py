"""Channels that hardly move the skin, as tongueOut: read from what they do move."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.code_fit import Dictionary, fit_codes, learn_dictionary, weighted
from backend.cloning.parts import ROLE

HIDDEN = 0.1
"""A channel is hidden whose squared motion on the skin is at most this share of that elsewhere, by area."""

MOVES = 0.1
"""Share of its largest motion from which on a hidden channel moves a vertex."""


@dataclass(frozen=True)
class Hidden:
    """channels: (K,) bool, those that the skin does not tell. fields: (K, m, 3) metres, what every channel does to the
    vertices that tell them. weights: (m,) of sum 1."""

    channels: np.ndarray
    fields: np.ndarray
    weights: np.ndarray

    def learn(self, field: np.ndarray) -> Dictionary:
        """What to read displacements field (t, m, 3) with, from some frames of a clip."""
        start, fixed = self._blank(len(field))
        return learn_dictionary(weighted(self.fields, self.weights)[None], weighted(field, self.weights), fixed, start)

    def read(self, dictionary: Dictionary, field: np.ndarray) -> np.ndarray:
        """(t, H) codes of the hidden channels, from displacements (t, m, 3). Jaws move tongues too: what the other
        channels do here is solved for as well, without a look at the skin, so that a tongue which does not follow the
        jaw as the shapes say is not taken for one that comes out."""
        start, fixed = self._blank(len(field))
        return fit_codes(dictionary, weighted(field, self.weights), fixed, start)[:, self.channels]

    def _blank(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((count, len(self.channels))), np.zeros(len(self.channels), bool)


def hidden_channels(deltas: np.ndarray, area: np.ndarray, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which channels are hidden (K,) bool, and which vertices (N,) bool tell them: neither skin nor eyeballs. deltas:
    (K, N, 3). area: (N,). parts: (N,) into PARTS."""
    skin = np.where(parts == ROLE["skin"], area, 0.0)
    elsewhere = np.where(np.isin(parts, [ROLE["skin"], ROLE["eye_left"], ROLE["eye_right"]]), 0.0, area)
    channels, tell = np.zeros(len(deltas), bool), np.zeros(len(area), bool)
    for at, delta in enumerate(deltas):
        squared = np.square(delta, dtype=np.float64).sum(1)
        there = squared @ elsewhere
        if there > 0 and squared @ skin <= HIDDEN * there:
            channels[at] = True
            tell |= (elsewhere > 0) & (squared > MOVES**2 * squared.max())
    return channels, tell
