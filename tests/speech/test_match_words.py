"""Words heard with errors against a text, repeats and length included."""

import numpy as np
import pytest

from backend.speech import match_words as module
from backend.speech.match_words import match_words


def test_what_is_the_same_is_matched_in_order():
    heard, text = ["a", "b", "x", "d", "b", "f"], ["a", "b", "c", "d", "e", "b"]
    assert match_words(heard, text) == [(0, 0), (1, 1), (3, 3), (4, 5)]
    assert match_words([], text) == match_words(heard, []) == match_words(["q"], text) == []


@pytest.mark.parametrize("band", [40, 5000])
def test_repeated_sentences_stay_in_step(monkeypatch, band):
    monkeypatch.setattr(module, "BAND", band)
    random = np.random.default_rng(0)
    text = ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog"] * 60
    kept = [at for at in range(len(text)) if random.uniform() > 0.1]
    heard = [(at, text[at] if random.uniform() > 0.2 else "noise") for at in kept]
    pairs = match_words([word for _, word in heard], text)
    away = np.array([heard[i][0] - j for i, j in pairs])
    assert len(pairs) > 0.65 * len(text) and np.abs(away).max() <= 18
    assert (np.diff(np.array(pairs), axis=0) > 0).all()
