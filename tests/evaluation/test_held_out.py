"""MakeHuman's heads as characters."""

from pathlib import Path

import numpy as np

from backend.evaluation.character import load_character
from backend.evaluation.held_out import write_characters


def test_they_are_read_as_characters_with_upright_heads_and_their_own_keys(corpus: Path, tmp_path: Path):
    neutral, first = (load_character(path) for path in write_characters(corpus, tmp_path, 1))
    smile = neutral.key_deltas[neutral.key_names.index("mouthSmileLeft")]
    moved = np.linalg.norm(smile, axis=1)
    corner = neutral.vertices[moved > 0.5 * moved.max()].mean(0)
    assert len(neutral.key_names) >= 50
    assert not any(name.startswith("viseme") for name in neutral.key_names)
    assert np.ptp(neutral.vertices, axis=0)[2] > 0.2  # metres, z up
    assert corner[0] > 0.01  # the character's left
    assert corner[1] < neutral.vertices[:, 1].mean()  # looking along -y
    assert np.array_equal(first.key_deltas, neutral.key_deltas)
    assert np.abs(first.vertices - neutral.vertices).max() > 0.003
