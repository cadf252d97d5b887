"""The published network on recordings: windows, modes, ranges and length."""

import itertools

import numpy as np
import pytest
import torch

from backend.errors import Refusal
from backend.networks.speech_codes import CODE, JAW, LABELS, WINDOW, SpeechCodes
from backend.speech import learned_codes
from backend.speech.learned_codes import Spoken, Take, act, emphasised, hear, measured, takes, windows
from backend.speech.sound import RATE


@pytest.fixture(scope="module")
def network() -> SpeechCodes:
    torch.manual_seed(2)
    return SpeechCodes().eval()


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(2 * RATE)).astype(np.float32)


def test_windows_hear_their_frame_and_the_one_before(samples):
    made = windows(samples, range(60))
    assert made.shape == (60, WINDOW) and made.dtype == np.float32
    assert not made[0, :533].any()
    np.testing.assert_array_equal(made[0, 533:], samples[:533])
    np.testing.assert_array_equal(made[30], samples[RATE - 533 : RATE + 533])
    np.testing.assert_array_equal(windows(samples, range(30, 40)), made[30:40])
    assert not windows(samples, range(59, 62))[2].any()


def test_codes_are_those_of_the_whole_network_and_of_every_length(network, samples, monkeypatch):
    spoken = hear(network, samples)
    with torch.inference_mode():
        codes, felt = network(torch.as_tensor(windows(samples, range(60)))[None])
    torch.testing.assert_close(act(network, spoken, Take("", None)), codes[0], atol=2e-5, rtol=0)
    torch.testing.assert_close(spoken.felt, felt[0], atol=2e-5, rtol=0)
    assert hear(network, samples[:100]).neutral.shape == (1, CODE)
    monkeypatch.setattr(learned_codes, "SPAN", 30)
    parted = hear(network, samples)
    torch.testing.assert_close(parted.felt, spoken.felt)
    assert 1e-6 < (parted.neutral - spoken.neutral).abs().max() < 0.1


def test_what_follows_changes_a_frame_by_its_style_alone(network, samples):
    """A frame hears nothing of the future, and its code nothing beyond the next frame."""
    with torch.inference_mode():
        first = network.hear(torch.as_tensor(windows(samples, range(20))))
        changed = samples.copy()
        changed[RATE:] = 0
        second = network.hear(torch.as_tensor(windows(changed, range(20))))
    torch.testing.assert_close(first, second)


def test_an_emotion_is_emphasised_and_that_of_the_voice_kept():
    felt = torch.randn(20, 7)
    made = emphasised(felt, "FEA", 0.5)
    torch.testing.assert_close(made.mean(0), torch.tensor([-0.5] * 4 + [1.5] + [-0.5] * 2))
    torch.testing.assert_close(made - made.mean(0), felt - felt.mean(0))


def test_modes_are_those_that_were_published():
    assert takes("audio") == [Take("", None)] and takes("none") == [Take("", "")]
    assert [one.label for one in takes("emo-cls")] == ["NEU", "ANG", "HAP", "SAD", "DIS", "FEA"]
    assert [(one.name, one.intensity) for one in takes("emo-ist")][1:3] == [("HAP-0.5", 0.5), ("HAP-0.25", 0.25)]
    assert takes("aud-cls=ANG") == [Take("", "ANG", 0.8, True)]
    assert takes("aud-cls=sur-0.4") == [Take("", "SUR", 0.4, True)]
    for mode in ("", "video", "aud-cls=", "aud-cls=BOR", "aud-cls=HAP-x", "aud-cls=HAP-9", "aud-cls=HAP-nan"):
        with pytest.raises(Refusal, match="no mode"):
            takes(mode)


def test_no_emotion_is_the_neutral_speech_and_others_differ(network, samples):
    spoken = hear(network, samples)
    assert act(network, spoken, Take("", "")) is spoken.neutral
    acted = [act(network, spoken, Take(label, label)) for label in LABELS]
    assert all((a - b).abs().max() > 1e-3 for a, b in itertools.pairwise(acted))


def test_ranges_and_the_mean_of_three_frames():
    codes = torch.zeros(5, CODE)
    codes[2], codes[:, JAW] = 0.9, torch.tensor([-1.0, -1, -1, 1, 1])
    low, high = np.full(CODE, -2.0, np.float32), np.full(CODE, 4.0, np.float32)
    low[JAW], high[JAW] = 0, 0.6
    expression, jaw = measured(codes, low, high)
    assert expression.shape == (5, 50)
    np.testing.assert_allclose(expression[:, 0], [1, 1.9, 1.9, 1.9, 1], atol=1e-6)
    np.testing.assert_allclose(jaw, [0, 0, 0.2, 0.4, 0.6], atol=1e-6)


def test_a_recording_without_samples_is_one_frame(network):
    spoken = hear(network, np.zeros(0, np.float32))
    assert isinstance(spoken, Spoken) and spoken.neutral.isfinite().all()
