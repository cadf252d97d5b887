"""Probabilities of phones to the likeliest course of phones, by Viterbi's search, a little behind the sound."""

import numpy as np

from backend.networks.phone_layout import LABELS
from backend.speech.visemes import VISEME

PARTS = 2
"""Frames of 10 ms that a phone lasts at least."""

LANGUAGE, WITHIN = 0.6, 0.3
"""How much it counts what usually follows what, and which of the phones that look alike it is."""

STAY = 0.75
"""Probability that a phone goes on for another frame."""

SILENT = 0.4
"""What the probability of silence, the first label, is multiplied by: the network has heard more than there is."""

RARE = 1e-4
"""Probability of what never follows."""

ALIKE = np.array([[float(VISEME[one] == VISEME[other]) for other in LABELS] for one in LABELS], np.float32)
"""(K, K): which phones look alike."""


class Decoder:
    """Takes rows as they come, and gives labels a fixed number of frames later: more sound after a frame lets it be
    heard better."""

    def __init__(self, follows: np.ndarray, lag: int, alike: np.ndarray = ALIKE) -> None:
        """follows: (K, K) how often a phone (row) is followed by another. lag: frames. alike: (K, K) of 0 and 1."""
        count = len(follows)
        moves = np.log(np.maximum(follows / np.maximum(follows.sum(1, keepdims=True), RARE), RARE))
        moves = LANGUAGE * moves + np.log(1 - STAY)
        np.fill_diagonal(moves, -np.inf)
        self._moves = moves.astype(np.float32)
        self._alike = alike
        self._lag = lag
        self._scores = np.full((PARTS, count), -np.inf, np.float32)
        self._came: list[tuple[np.ndarray, np.ndarray]] = []
        self._begun = False

    def take(self, rows: np.ndarray) -> np.ndarray:
        """(n,) labels that are settled by probabilities (m, K)."""
        settled = []
        for row in rows:
            self._step(evidence(row, self._alike))
            if len(self._came) > self._lag:
                settled.append(self._path()[0])
                self._came.pop(0)
        return np.array(settled, int)

    def end(self) -> np.ndarray:
        """The labels that are left."""
        left = np.array(self._path(), int)
        self._came = []
        return left

    def _step(self, row: np.ndarray) -> None:
        """One frame. A phone's last part stays, or goes on to another phone; the others go on to the next part."""
        if not self._begun:
            self._scores[0] = row
            self._came.append((np.arange(len(row)), np.zeros(len(row), bool)))
            self._begun = True
            return
        before = self._scores
        ways = before[-1][:, None] + self._moves
        source = ways.argmax(0)
        scores = np.empty_like(before)
        scores[0] = ways[source, np.arange(len(row))]
        scores[1:-1] = before[:-2]
        stays, arrives = before[-1] + np.float32(np.log(STAY)), before[-2]
        stayed = stays >= arrives
        scores[-1] = np.where(stayed, stays, arrives)
        scores += row
        self._scores = scores - scores.max()
        self._came.append((source, stayed))

    def _path(self) -> list[int]:
        """Labels of all frames that wait, by the best way to the last one."""
        if not self._came:
            return []
        part, phone = np.unravel_index(int(self._scores.argmax()), self._scores.shape)
        labels = []
        for source, stayed in reversed(self._came):
            labels.append(int(phone))
            if part == 0:
                part, phone = PARTS - 1, source[phone]
            elif part < PARTS - 1 or not stayed[phone]:
                part -= 1
        return labels[::-1]


def evidence(row: np.ndarray, alike: np.ndarray) -> np.ndarray:
    """(K,) what probabilities of phones (K,) say for each: how likely its looks are and, with less weight, itself."""
    likely = row + np.float32(1e-6)
    likely[0] *= np.float32(SILENT)
    shown = likely @ alike
    return np.log(shown) + np.float32(WITHIN) * np.log(likely / shown)
