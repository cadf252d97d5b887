"""Curves without jitter, with their blinks."""

import numpy as np

from backend.rigs.calm import calmed, roughness


def test_jitter_goes_and_blinks_stay() -> None:
    time = np.arange(400) / 30
    slow = 0.5 + 0.5 * np.sin(time)
    blink = np.isin(np.arange(400) % 80, (40, 41, 42)).astype(float)
    noise = 0.15 * np.random.default_rng(0).standard_normal(400)
    calm = calmed((slow + noise)[:, None], slow[:, None])
    assert roughness(calm)[0] <= 1.5 * roughness(slow[:, None])[0]
    assert np.abs(calm[:, 0] - slow).mean() < 0.5 * np.abs(noise).mean()
    source = np.stack([slow, blink], axis=1)
    assert np.array_equal(calmed(blink[:, None], source), blink[:, None])
    both = calmed((blink + noise)[:, None], source)[:, 0]
    assert both[blink == 1].mean() - both[blink == 0].mean() > 0.9


def test_nothing_happens_to_what_is_calm_or_short() -> None:
    curve = np.sin(np.linspace(0, 6, 200))[:, None]
    assert np.array_equal(calmed(curve, np.random.default_rng(1).random((200, 3))), curve)
    assert calmed(np.ones((2, 3)), np.ones((2, 3))).shape == (2, 3)
    assert roughness(np.ones((10, 2))).tolist() == [0, 0]
