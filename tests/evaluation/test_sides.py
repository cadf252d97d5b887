"""Keys named for the wrong side are told from right ones by what they move."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.evaluation.character import Character, load_character
from backend.evaluation.sides import by_motion, wrong_sided


@pytest.fixture
def strip() -> Character:
    """A strip of quads from x = -5 to 5 whose two smiles each move their own end and whose jaw moves the middle."""
    x = np.repeat(np.linspace(-5.0, 5.0, 11), 2)
    vertices = np.stack([x, np.zeros(22), np.tile([0.0, 1.0], 11)], axis=1)
    corner = 2 * np.arange(10)[:, None]
    deltas = np.zeros((3, 22, 3))
    deltas[0, x > 1, 2] = 1
    deltas[1, x < -1, 2] = 1
    deltas[2, np.abs(x) < 2, 2] = -1
    names = ("mouthSmileLeft", "mouthSmileRight", "jawLeft")
    everything = np.ones(22, bool)
    return Character(
        "strip", Path("character.npz"), vertices, corner + np.array([0, 2, 3, 1]), everything, names, deltas
    )


def test_right_names_stay(strip):
    assert wrong_sided(strip) == ()
    assert by_motion(strip).key_names == strip.key_names


def test_swapped_names_are_swapped_back(strip):
    swapped = replace(strip, key_names=("mouthSmileRight", "mouthSmileLeft", "jawLeft"))
    assert wrong_sided(swapped) == ("mouthSmileRight", "mouthSmileLeft")
    assert by_motion(swapped).key_names == strip.key_names


def test_one_key_of_a_pair_is_not_enough(strip):
    alone = replace(strip, key_names=("mouthSmileRight", "browDownRight", "jawLeft"))
    assert wrong_sided(alone) == ()


def test_real_sets(corpus):
    swapped = {"browDownLeft", "browDownRight", "browOuterUpLeft", "browOuterUpRight"}
    assert set(wrong_sided(load_character(corpus / "dev" / "jeeliz_human" / "character.npz"))) == swapped
    assert wrong_sided(load_character(corpus / "dev" / "rpm_template" / "character.npz")) == ()
