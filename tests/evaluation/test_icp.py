from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.evaluation.character import BLENDER_TO_CANONICAL, Character, load_character
from backend.evaluation.icp import Reference, fit_character, fit_head, ict_reference, nearest_point_shapes
from backend.evaluation.metrics import compare, summarise
from backend.geometry.similarity import apply_transform


def test_shapes_follow_a_moved_turned_and_scaled_copy(lumpy_head: Reference, lumpy_copy: Character):
    reference, character = lumpy_head, lumpy_copy
    (figures,) = compare(
        character, ARKIT_NAMES, nearest_point_shapes(character, fit_character(character, reference), reference)
    )
    assert figures.cosine > 0.999
    assert figures.strength == pytest.approx(1.0, abs=0.03)


def test_the_fit_lands_on_the_reference(lumpy_head: Reference):
    reference = lumpy_head
    matrix = fit_head(reference.vertices * 0.3 + (1.0, 2.0, 3.0), reference)
    landed = apply_transform(matrix, reference.vertices * 0.3 + (1.0, 2.0, 3.0))
    assert np.linalg.norm(landed - reference.vertices, axis=1).mean() < 1e-3


def test_a_missing_reference_is_refused(tmp_path: Path):
    with pytest.raises(Refusal, match="does not exist"):
        ict_reference(tmp_path / "ict_facekit.npz")


def test_as_careful_as_the_independent_baseline(corpus: Path, load_tool: Callable[[str], ModuleType]):
    tool = load_tool("baseline_icp")
    character = load_character(corpus / "dev" / "apple_face_example" / "character.npz")
    reference = ict_reference(corpus / "ict_facekit.npz")
    deltas = nearest_point_shapes(character, fit_character(character, reference), reference)
    ours = summarise(compare(character, ARKIT_NAMES, deltas))
    with np.load(character.path) as file, np.load(corpus / "ict_facekit.npz") as ict:
        names, deltas = tool.predict(dict(file), dict(ict), BLENDER_TO_CANONICAL)
    arkit = {
        name.replace("_L", "Left").replace("_R", "Right"): field for name, field in zip(names, deltas, strict=True)
    }
    for both in ("browInnerUp", "cheekPuff"):
        arkit[both] = arkit.pop(f"{both}Left") + arkit.pop(f"{both}Right")
    theirs = summarise(compare(character, tuple(arkit), np.stack(list(arkit.values()))))
    assert ours is not None
    assert theirs is not None
    assert ours.channels == theirs.channels == 51
    assert ours.cosine > theirs.cosine - 0.005
    assert ours.cosine > 0.77
