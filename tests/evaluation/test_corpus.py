"""The product on real characters that it was never trained on: every one ends in shapes or a sentence."""

from pathlib import Path

import numpy as np
import pytest

from backend.evaluation.baselines import load_baselines
from backend.evaluation.character import corpus_characters
from backend.evaluation.shapes import Evaluation, evaluate_character
from backend.evaluation.table import table

ARKIT = {"apple_face_example": 0.03, "facecap_generic": 0.1, "facecap_livemode": 0.1, "rpm_template": 0.05}
"""Characters with a whole set of an artist's keys, and by how much the baseline must be beaten there."""

FOUND = (*ARKIT, "jeeliz_human", "seed_san", "lee_perry_smith", "nefertiti", "mhr_body", "canonical_face", "suzanne")
REFUSALS = 6
"""At most so many of the 22 characters may be refused: toys and animals."""


@pytest.fixture(scope="module")
def evaluations(corpus: Path) -> dict[str, Evaluation]:
    baselines = load_baselines(corpus / "ict_facekit.npz", ("icp",))
    paths = corpus_characters(corpus / "dev", ())
    results = [evaluate_character(path, baselines if path.parent.name in ARKIT else None) for path in paths]
    print(f"\n{table(results)}")
    return {result.name: result for result in results}


def test_arkit_heads_beat_rigid_icp_and_the_nearest_point(evaluations: dict[str, Evaluation]):
    for name, margin in ARKIT.items():
        one = evaluations[name]
        assert one.ours is not None
        baseline = one.baselines["icp"].summary
        assert baseline is not None
        assert one.ours.cosine > baseline.cosine + margin, name
        assert one.ours.overlap > baseline.overlap, name
        assert one.confidence > 0.5, name
    assert np.mean([evaluations[name].ours.cosine for name in ARKIT]) > 0.78


def test_most_characters_get_shapes_and_the_others_a_sentence(evaluations: dict[str, Evaluation]):
    refused = [one for one in evaluations.values() if one.refusal]
    assert len(refused) <= REFUSALS
    assert all(one.refusal.count(".") >= 2 for one in refused)
    assert not {one.name for one in refused} & set(FOUND)


def test_what_is_sealed_is_sealed(evaluations: dict[str, Evaluation]):
    figures = [figure for name in ARKIT for figure in evaluations[name].seals if figure.state == "sealed"]
    assert len(figures) >= 10
    assert max(figure.gap_after or 0.0 for figure in figures) <= 0.03
