"""Viterbi's search against all ways there are."""

from itertools import product

import numpy as np

from backend.speech.decode import LANGUAGE, PARTS, PRIOR, RARE, STAY, Decoder


def best_of_all(rows: np.ndarray, follows: np.ndarray, usual: np.ndarray) -> tuple[int, ...]:
    """The likeliest of all courses in which each phone but the last has PARTS frames."""
    logs = np.log(rows + 1e-6) - PRIOR * np.log(np.maximum(usual, RARE))
    moves = np.log(np.maximum(follows / follows.sum(1, keepdims=True), RARE))
    best, found = -np.inf, ()
    for course in product(range(rows.shape[1]), repeat=len(rows)):
        lengths, score = [1], logs[0, course[0]]
        for at in range(1, len(rows)):
            one, before = course[at], course[at - 1]
            score += logs[at, one]
            if one == before:
                # one of the first parts is left for the next at no cost
                score += np.log(STAY) if lengths[-1] >= PARTS else 0
                lengths[-1] += 1
            else:
                score += LANGUAGE * moves[before, one] + np.log(1 - STAY)
                lengths.append(1)
        if all(length >= PARTS for length in lengths[:-1]) and score > best:
            best, found = score, course
    return found


def test_the_likeliest_course_is_found():
    random = np.random.default_rng(4)
    for _ in range(8):
        rows = random.dirichlet([0.4, 0.4, 0.4], 7).astype(np.float32)
        follows, usual = random.random((3, 3)) + 0.1, random.dirichlet([2, 2, 2])
        decoder = Decoder(follows, usual, lag=100)
        found = [*decoder.take(rows), *decoder.end()]
        assert tuple(found) == best_of_all(rows, follows, usual)


def test_labels_come_with_the_lag_and_all_of_them():
    rows = np.random.default_rng(0).dirichlet([0.5] * 5, 40).astype(np.float32)
    follows, usual = np.ones((5, 5)), np.full(5, 0.2)
    one, other = Decoder(follows, usual, lag=3), Decoder(follows, usual, lag=3)
    first = one.take(rows[:10])
    assert len(first) == 7
    found = np.concatenate([first, one.take(rows[10:]), one.end()])
    assert len(found) == 40 and found.tolist() == [*other.take(rows), *other.end()]
