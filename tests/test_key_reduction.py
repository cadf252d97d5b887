"""Which frames are enough as keys."""

import time
from itertools import pairwise

import numpy as np
import pytest

from backend.key_reduction import WINDOW, keys_within


def missed(curves: np.ndarray, kept: np.ndarray) -> float:
    """The furthest that straight lines between the keys are from any curve."""
    frames = np.arange(len(curves))
    played = [np.interp(frames, frames[keys], curve[keys]) for curve, keys in zip(curves.T, kept.T, strict=True)]
    return float(np.abs(np.stack(played, axis=1) - curves).max())


def made_up(kind: str) -> np.ndarray:
    random = np.random.default_rng(5)
    return {
        "walk": np.cumsum(random.normal(0, 0.01, (1000, 7)), axis=0),
        "noise": random.normal(0, 1, (1000, 7)),
        "waves": np.sin(np.arange(1000)[:, None] / np.array([3.0, 10, 30, 100, 300])),
        "alternating": np.tile([[0.009], [-0.009]], (200, 3)),
    }[kind]


@pytest.mark.parametrize("kind", ["walk", "noise", "waves", "alternating"])
@pytest.mark.parametrize("error", [0.002, 0.01, 0.5])
def test_lines_between_the_keys_stay_within_the_error(kind: str, error: float) -> None:
    curves = made_up(kind)
    kept = keys_within(curves, error)
    assert missed(curves, kept) <= error * (1 + 1e-9)
    assert kept[0].all() and kept[-1].all()


def test_no_key_could_have_been_left_out_by_going_further() -> None:
    """Against every possible next key, one by one: the next is the furthest that the whole cone up to it allows."""
    curve = made_up("walk")[:300, :1]
    kept = np.flatnonzero(keys_within(curve, 0.02)[:, 0])
    for start, end in pairwise(kept):
        for other in range(end + 1, min(end + 60, 300)):
            between = np.arange(start, other + 1)
            line = np.interp(between, [start, other], curve[[start, other], 0])
            assert np.abs(line - curve[between, 0]).max() > 0.02 or other == 299 == end


def test_straight_pieces_of_any_length_need_only_their_corners() -> None:
    corners = np.array([0, 5, 7, 3 * WINDOW, 3 * WINDOW + 1, 900, 999])
    curve = np.interp(np.arange(1000), corners, [0, 1, 0, 0.5, 0.1, 0.9, 0.9])[:, None]
    assert np.array_equal(np.flatnonzero(keys_within(curve, 1e-6)[:, 0]), corners)
    assert keys_within(np.zeros((500, 2)), 0.01).sum() == 4


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_the_shortest_curves(frames: int) -> None:
    assert keys_within(np.random.default_rng(6).normal(size=(frames, 2)), 1e-9).all()


def test_52_curves_of_10_000_frames_take_seconds_at_most() -> None:
    random = np.random.default_rng(7)
    curves = np.clip(np.cumsum(random.normal(0, 0.02, (10_000, 52)), axis=0), 0, 1)
    started = time.process_time()
    kept = keys_within(curves, 0.02)
    assert time.process_time() - started < 4
    assert kept.mean() < 0.5
