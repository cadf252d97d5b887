"""Blinks, glances, brows and the head, each a layer of its own."""

from dataclasses import replace

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.speech.life import Life, Strengths, blink_times, living
from backend.speech.prosody import prosody
from tests.synthetic_voice import said, voice

TIMING = said("SIL " + "AA M IY " * 30 + "SIL")
PROSODY = prosody(voice(TIMING).samples)
FPS = 60.0
COUNT = round(TIMING.duration * FPS)
STARTS = {"blinks": "eyeBlink", "glances": "eyeLook", "brows": "brow"}


def life(strengths: Strengths | None = None, seed: int = 0, still: float = 0.0) -> Life:
    return living(TIMING, PROSODY, np.full(COUNT, still), FPS, strengths or Strengths(), seed)


def channels(start: str) -> list[int]:
    return [at for at, name in enumerate(ARKIT_NAMES) if name.startswith(start)]


def test_the_same_seed_is_the_same_life_and_another_is_another() -> None:
    one, same, other = life(seed=3), life(seed=3), life(seed=4)
    assert one.weights.tobytes() == same.weights.tobytes() and one.head.tobytes() == same.head.tobytes()
    assert np.abs(one.weights - other.weights).max() > 0.05


@pytest.mark.parametrize("layer", STARTS)
def test_a_layer_without_strength_is_gone_and_the_others_stay(layer: str) -> None:
    usual, without = life(), life(replace(Strengths(), **{layer: 0.0}))
    own = channels(STARTS[layer])
    assert np.abs(without.weights[:, own]).max() == 0 < usual.weights[:, own].max()
    np.testing.assert_array_equal(np.delete(without.weights, own, 1), np.delete(usual.weights, own, 1))


def test_a_head_without_strength_is_still() -> None:
    assert np.abs(life(Strengths(head=0.0)).head).max() == 0 < np.abs(life().head).max() < 0.2


def test_only_lids_move_in_silence() -> None:
    made = life(still=1.0)
    assert np.abs(np.delete(made.weights, channels("eyeBlink"), 1)).max() < 0.02
    assert made.weights[:, channels("eyeBlink")].max() > 0.9 and np.abs(made.head).max() < 1e-3


def test_lids_open_again_and_blinks_lie_inside_the_recording() -> None:
    starts = blink_times(TIMING, np.random.default_rng(0))
    assert starts and min(np.diff(starts), default=1.0) > 0.2
    assert min(starts) >= 0 and max(starts) < TIMING.duration - 0.2
    assert life().weights[-1, channels("eyeBlink")].max() < 0.05
