import json
from pathlib import Path

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.seal import SealFigure
from backend.cloning.shapes import Shapes
from backend.errors import Refusal
from backend.evaluation.character import load_character
from backend.evaluation.icp import ict_reference
from backend.evaluation.shapes import evaluate_character, lost_channels
from backend.evaluation.table import as_json, channel_table, table


def artist(path: Path) -> Shapes:
    """The artist's own keys as if the product had made them."""
    character = load_character(path)
    deltas = np.zeros((len(ARKIT_NAMES), *character.vertices.shape), np.float32)
    for name, field in zip(character.key_names, character.key_deltas, strict=True):
        deltas[ARKIT_NAMES.index(name)] = field
    return Shapes(
        vertices=character.vertices.astype(np.float32),
        names=ARKIT_NAMES,
        deltas=deltas,
        parts=np.zeros(len(character.vertices), np.int8),
        confidence=0.75,
        reasons=("drawn by hand",),
        canonical_from_file=np.eye(4),
        seals=(
            SealFigure("eyeBlink_L", "sealed", gap_before=0.31, gap_after=0.02, crossing=0.0, opening=0.01),
            SealFigure("jawOpen+mouthClose", "no inner lips were found"),
        ),
        version="test",
    )


def refuse(path: Path) -> Shapes:
    raise Refusal("no-face", "No face was found.", "Select the head.")


@pytest.fixture
def keyed(corpus: Path) -> Path:
    return corpus / "dev" / "apple_face_example" / "character.npz"


def test_the_artists_keys_beat_the_baseline(corpus: Path, keyed: Path):
    evaluation = evaluate_character(keyed, ict_reference(corpus / "ict_facekit.npz"), artist)
    assert evaluation.ours is not None
    assert evaluation.baseline is not None
    assert evaluation.ours.cosine == pytest.approx(1.0, abs=1e-6)
    assert evaluation.ours.overlap == pytest.approx(1.0, abs=1e-6)
    assert 0.7 < evaluation.baseline.cosine < 0.85
    assert lost_channels([evaluation]) == []
    text = table([evaluation])
    row = next(line for line in text.splitlines() if line.startswith("apple_face_example"))
    assert row.split()[1:4] == ["2184", "51", "1.000"]
    assert "31 > 2" in row
    assert channel_table(evaluation).count("\n") == 51
    assert json.loads(json.dumps(as_json([evaluation])))[0]["ours"]["channels"] == 51


def test_a_refused_head_is_a_result_with_its_sentence(corpus: Path, keyed: Path):
    evaluation = evaluate_character(keyed, ict_reference(corpus / "ict_facekit.npz"), refuse)
    assert evaluation.ours is None
    assert lost_channels([evaluation]) == ["apple_face_example"]
    assert "apple_face_example refused: No face was found. Select the head." in table([evaluation])


def test_a_neutral_head_has_no_cosine(corpus: Path):
    evaluation = evaluate_character(corpus / "dev" / "suzanne" / "character.npz", None, artist)
    assert evaluation.ours is None
    assert evaluation.baseline is None
    assert evaluation.confidence == 0.75
    assert lost_channels([evaluation]) == []
