from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.result import SealFigure, Shapes
from backend.errors import Refusal
from backend.evaluation.baselines import Baselines, load_baselines
from backend.evaluation.character import load_character
from backend.evaluation.metrics import Summary
from backend.evaluation.shapes import Evaluation, behind, confidence_rank, evaluate_character


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


@pytest.fixture(scope="module")
def keyed(corpus: Path) -> Path:
    return corpus / "dev" / "apple_face_example" / "character.npz"


@pytest.fixture(scope="module")
def baselines(corpus: Path) -> Baselines:
    return load_baselines(corpus / "ict_facekit.npz", ("icp",))


@pytest.fixture(scope="module")
def evaluation(keyed: Path, baselines: Baselines) -> Evaluation:
    """The artist against himself."""
    return evaluate_character(keyed, baselines, artist)


def test_the_artists_keys_beat_the_baseline(evaluation: Evaluation):
    baseline = evaluation.baselines["icp"].summary
    assert evaluation.ours is not None
    assert baseline is not None
    assert evaluation.ours.cosine == pytest.approx(1.0, abs=1e-6)
    assert evaluation.ours.overlap == pytest.approx(1.0, abs=1e-6)
    assert baseline.channels == 51
    assert 0.7 < baseline.cosine < 0.85
    assert behind([evaluation]) == []


def test_a_refused_head_is_a_result_with_its_sentence(keyed: Path, evaluation: Evaluation):
    refused = evaluate_character(keyed, None, refuse)
    assert refused.ours is None
    assert refused.keyed
    assert refused.confidence == 0
    assert refused.refusal == "No face was found. Select the head."
    assert behind([replace(refused, baselines=evaluation.baselines), evaluation]) == ["apple_face_example"]


def test_a_neutral_head_has_no_cosine(corpus: Path, baselines: Baselines):
    evaluation = evaluate_character(corpus / "dev" / "suzanne" / "character.npz", baselines, artist)
    assert not evaluation.keyed
    assert evaluation.ours is None
    assert evaluation.baselines == {}
    assert evaluation.confidence == 0.75
    assert behind([evaluation]) == []


def test_confidence_is_ranked_over_keyed_characters_and_refusals(evaluation: Evaluation):
    def one(confidence: float, cosine: float | None) -> Evaluation:
        ours = None if cosine is None else Summary(9, cosine, cosine, 0.5, 0.5)
        return replace(evaluation, confidence=confidence, ours=ours)

    ranked = [one(0.9, 0.8), one(0.5, 0.6), one(0.6, 0.7), one(0.0, None)]
    assert confidence_rank(ranked) == pytest.approx(1.0)
    assert confidence_rank([*ranked, replace(one(1.0, None), keyed=False)]) == pytest.approx(1.0)
    # ranks 3 1 2 0 against 0 2 1 3
    assert confidence_rank([one(0.9, 0.1), one(0.5, 0.6), one(0.6, 0.5), one(0.0, 0.7)]) == pytest.approx(-1.0)
    assert confidence_rank(ranked[:2]) is None
