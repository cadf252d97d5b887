"""The committed contours are those that the program makes, and lie where the head's landmarks are."""

import json
import sys

import numpy as np
import pytest

from backend.cloning.reference import STORE, references
from backend.training import build_contours


def test_the_store_is_reproducible(corpus, tmp_path, monkeypatch):
    out = tmp_path / "contours.json"
    monkeypatch.setattr(sys, "argv", ["build_contours", str(corpus / "ict_facekit.npz"), "--out", str(out)])
    build_contours.main()
    assert json.loads(out.read_text()) == json.loads(STORE.read_text())


@pytest.mark.parametrize(
    ("name", "numbers"), [("eye_right", range(36, 42)), ("eye_left", range(43, 48)), ("mouth", range(60, 68))]
)
def test_landmarks_lie_on_the_contours(corpus, name, numbers):
    with np.load(corpus / "ict_facekit.npz", allow_pickle=False) as data:
        marks = data["neutral"][data["landmarks68"][list(numbers)]] * 0.01
    rims = np.concatenate([references()[name].upper, references()[name].lower])
    off = np.linalg.norm(marks[:, None] - rims, axis=2).min(1)
    assert np.median(off) < 0.0012
