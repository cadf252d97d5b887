"""Phones to the mouth's curves."""

from dataclasses import replace

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.speech.articulate import FASTEST, JAW, Mouth, Style, articulate
from backend.speech.prosody import prosody
from backend.speech.tables import articulation
from tests.synthetic_voice import said, voice

FPS = 60.0


def mouth(labels: str, each: float = 0.09, style: Style | None = None) -> Mouth:
    timing = said(labels, each)
    return articulate(timing, prosody(voice(timing).samples), articulation(), FPS, style)


def frames(start: float, end: float) -> slice:
    return slice(round(start * FPS), round(end * FPS))


def test_open_vowels_open_the_jaw_and_closed_lips_are_asked_for_in_their_own_time() -> None:
    made = mouth("SIL AA M SIL", 0.2)
    assert made.weights.shape == (96, 52)
    jaw = made.weights[:, JAW]
    assert jaw[frames(0.62, 0.78)].max() > jaw[frames(0.86, 0.94)].mean() + 0.1
    assert made.lips[frames(0.84, 0.94)].max() == pytest.approx(1.0)
    assert made.lips[frames(0.3, 0.6)].max() < 0.2 and made.teeth.max() == 0


def test_teeth_are_asked_for_by_f_and_v() -> None:
    made = mouth("SIL F AA SIL", 0.2)
    assert made.teeth[frames(0.64, 0.74)].max() == pytest.approx(1.0)
    assert made.lips.max() == 0


def test_rounded_lips_begin_before_the_rounded_vowel_sounds() -> None:
    pucker = mouth("SIL AA T UW SIL", 0.15).weights[:, ARKIT_NAMES.index("mouthPucker")]
    assert pucker[round(0.87 * FPS)] > 0.3 * pucker.max() > 0.05


def test_the_jaw_is_no_faster_than_a_jaw() -> None:
    jaw = mouth("SIL AA M AA M AA SIL", 0.05, Style(jaw=2.0)).weights[:, JAW]
    assert np.abs(np.diff(jaw)).max() <= FASTEST / FPS + 1e-9


@pytest.mark.parametrize("which", ["jaw", "lips"])
def test_each_style_scales_its_own_axis_alone(which: str) -> None:
    usual, none = mouth("SIL AA UW SIL", 0.15), mouth("SIL AA UW SIL", 0.15, replace(Style(), **{which: 0.0}))
    others = np.delete(usual.weights, JAW, 1), np.delete(none.weights, JAW, 1)
    if which == "jaw":
        assert none.weights[:, JAW].max() == 0 and usual.weights[:, JAW].max() > 0.2
        np.testing.assert_allclose(*others)
    else:
        assert others[1].max() == 0 and others[0].max() > 0.2
        np.testing.assert_allclose(usual.weights[:, JAW], none.weights[:, JAW])


def test_a_mouth_in_silence_is_still() -> None:
    made = mouth("SIL AA SIL", 0.2)
    assert np.abs(made.weights[frames(1.0, 1.4)]).max() < 0.02
    assert np.abs(mouth("SIL").weights).max() < 0.02
