from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from backend.errors import Refusal
from backend.evaluation.baselines import Baselines, load_baselines, measure_baselines
from backend.evaluation.character import Character, load_character
from backend.evaluation.icp import Reference, nearest_point_shapes


def test_every_method_starts_from_the_same_placing(lumpy_head: Reference, lumpy_copy: Character):
    placings = []

    def still(character: Character, placing: np.ndarray) -> np.ndarray:
        placings.append(placing)
        return np.zeros((52, *character.vertices.shape))

    methods = {"icp": partial(nearest_point_shapes, reference=lumpy_head), "still": still, "again": still}
    figures = measure_baselines(lumpy_copy, Baselines(lumpy_head, methods))
    assert list(figures) == ["icp", "still", "again"]
    assert figures["icp"].summary is not None
    assert figures["icp"].summary.cosine > 0.999
    assert figures["still"].channels[0].cosine == 0
    assert figures["icp"].seconds > 0
    assert np.array_equal(placings[0], placings[1])


def test_a_neutral_head_has_no_figures(lumpy_head: Reference, lumpy_copy: Character):
    neutral = replace(lumpy_copy, key_names=(), key_deltas=lumpy_copy.key_deltas[:0])
    methods = {"icp": partial(nearest_point_shapes, reference=lumpy_head)}
    assert measure_baselines(neutral, Baselines(lumpy_head, methods)) == {}


def test_unknown_names_and_missing_files_are_refused(tmp_path: Path):
    with pytest.raises(Refusal, match="no baseline called best"):
        load_baselines(tmp_path / "ict_facekit.npz", ("icp", "best"))
    with pytest.raises(Refusal, match="does not exist"):
        load_baselines(tmp_path / "ict_facekit.npz")


def test_both_on_a_real_head(corpus: Path):
    baselines = load_baselines(corpus / "ict_facekit.npz")
    assert len(baselines.reference.vertices) == 11_248
    figures = measure_baselines(load_character(corpus / "dev" / "apple_face_example" / "character.npz"), baselines)
    rigid, bent = figures["icp"].summary, figures["nricp"].summary
    assert rigid is not None
    assert bent is not None
    assert rigid.channels == bent.channels == 51
    assert 0.77 < rigid.cosine < 0.79
    assert 0.79 < bent.cosine < 0.83
    assert bent.overlap > rigid.overlap
