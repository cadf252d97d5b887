"""Viterbi's search against all ways there are."""

from itertools import product

import numpy as np

from backend.speech.decode import LANGUAGE, PARTS, RARE, STAY, Decoder, evidence

ALIKE = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], np.float32)


def best_of_all(rows: np.ndarray, follows: np.ndarray) -> tuple[int, ...]:
    """The likeliest of all courses in which each phone but the last has PARTS frames."""
    logs = np.stack([evidence(row, ALIKE) for row in rows])
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
        follows = random.random((3, 3)) + 0.1
        decoder = Decoder(follows, 100, ALIKE)
        found = [*decoder.take(rows), *decoder.end()]
        assert tuple(found) == best_of_all(rows, follows)


def test_labels_come_with_the_lag_and_all_of_them():
    rows = np.random.default_rng(0).dirichlet([0.5] * 5, 40).astype(np.float32)
    one, other = (Decoder(np.ones((5, 5)), 3, np.eye(5, dtype=np.float32)) for _ in range(2))
    first = one.take(rows[:10])
    assert len(first) == 7
    found = np.concatenate([first, one.take(rows[10:]), one.end()])
    assert len(found) == 40 and found.tolist() == [*other.take(rows), *other.end()]


def test_what_looks_likely_counts_more_than_what_it_is():
    # each of two that look alike is less likely than the third, both together are more
    told = evidence(np.array([0.42, 0.3, 0.28], np.float32), ALIKE[::-1, ::-1])
    assert int(told.argmax()) == 1 and told[1] > told[2]
    assert evidence(np.array([0.5, 0.5, 0], np.float32), np.eye(3, dtype=np.float32)).argmax() == 1
