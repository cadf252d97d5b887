"""Smoothing that keeps blinks."""

import numpy as np
import pytest

from backend.smoothing import noise, smoothed

BLINK = (0.0, 0.5, 1.0, 0.5, 0.0)
"""Four frames from open to open, 67 ms at 60 frames per second."""

AT = np.arange(50, 6000, 100)


def blinking(height: float, seed: int, sigma: float) -> np.ndarray:
    """(6000, 1): a blink at each of AT, and noise."""
    curve = np.random.default_rng(seed).normal(0, sigma, 6000)
    for place in AT:
        curve[place - 2 : place + 3] += height * np.array(BLINK)
    return curve[:, None]


@pytest.mark.parametrize("sigma", [0.002, 0.01, 0.02])
def test_blinks_keep_their_height_and_moment_while_noise_falls_by_half(sigma: float) -> None:
    noisy = blinking(1.0, 0, sigma)
    calm = smoothed(noisy, np.array([6.0]))[:, 0]
    quiet = np.ones(6000, bool)
    for place in AT:
        quiet[place - 8 : place + 9] = False
    assert calm[quiet].std() < 0.5 * noisy[quiet, 0].std()
    assert (calm[AT] / noisy[AT, 0]).min() > 0.95
    assert all(calm[place - 5 : place + 6].argmax() == 5 for place in AT)


def test_a_closure_of_lips_is_kept_too() -> None:
    jaw = 0.4 - blinking(0.35, 1, 0.005)
    calm = smoothed(jaw, np.array([6.0]))[:, 0]
    assert np.abs(calm[AT] - 0.05).max() < 0.02 + 0.35 * 0.05


def test_an_even_rise_stays_and_nothing_is_delayed() -> None:
    ramp = np.linspace(0, 1, 200)[:, None]
    assert np.abs(smoothed(ramp, np.array([10.0])) - ramp).max() < 1e-6
    wave = 0.5 * np.sin(np.arange(2000) * np.pi / 120)[:, None]
    assert np.abs(smoothed(wave[::-1], np.array([8.0]))[::-1] - smoothed(wave, np.array([8.0]))).max() < 1e-6
    noisy = wave + np.random.default_rng(2).normal(0, 0.03, wave.shape)
    assert np.std(smoothed(noisy, np.array([8.0])) - wave) < 0.5 * np.std(noisy - wave)


def test_slopes_are_made_no_steps() -> None:
    """A slow motion under a neighbourhood in which it passes several times what counts as alike."""
    clean = 0.2 * np.sin(np.pi * np.arange(1200) / 60)[:, None]
    noisy = clean + np.random.default_rng(5).normal(0, 0.001, clean.shape)
    calm = smoothed(noisy, np.array([12.0]))
    bends = [np.sqrt(np.square(np.diff(one, 2, axis=0)).mean()) for one in (noisy, calm)]
    assert bends[1] < 0.3 * bends[0]
    assert np.abs(calm - clean).max() < 0.008


def test_each_curve_has_its_own_width_and_0_changes_nothing() -> None:
    noisy = np.random.default_rng(3).normal(0, 0.01, (300, 3)).astype(np.float32)
    calm = smoothed(noisy, np.array([0.0, 4.0, 12.0]))
    assert np.array_equal(calm[:, 0], noisy[:, 0]) and calm.dtype == np.float32
    assert calm[:, 2].std() < calm[:, 1].std() < 0.7 * noisy[:, 1].std()


def test_short_curves_and_the_noise_of_white_noise() -> None:
    assert np.array_equal(smoothed(np.ones((2, 1)), np.array([5.0])), np.ones((2, 1)))
    assert noise(np.ones((2, 4))).tolist() == [0, 0, 0, 0]
    assert noise(np.random.default_rng(4).normal(0, 0.03, (20000, 1)))[0] == pytest.approx(0.03, rel=0.05)
