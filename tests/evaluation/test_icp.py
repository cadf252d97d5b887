from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.evaluation.character import BLENDER_TO_CANONICAL, Character, load_character
from backend.evaluation.icp import Reference, fit_head, ict_reference, nearest_point_shapes
from backend.evaluation.metrics import compare, summarise
from backend.geometry.similarity import apply_transform


def lumpy_head() -> Reference:
    """An egg with a nose, about a head in size, whose jawOpen moves the lower front down."""
    rows, columns = 40, 60
    polar, around = np.meshgrid(
        np.linspace(0.02, np.pi - 0.02, rows), np.linspace(0, 2 * np.pi, columns), indexing="ij"
    )
    unit = np.stack([np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)], axis=2)
    vertices = unit.reshape(-1, 3) * (0.075, 0.11, 0.095)
    nose = np.exp(-((vertices[:, 0] / 0.015) ** 2) - ((vertices[:, 1] + 0.01) / 0.02) ** 2) * (vertices[:, 2] > 0)
    vertices[:, 2] += 0.03 * nose
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1)
    triangles = np.concatenate(
        [
            np.stack([corner, corner + columns, corner + columns + 1], axis=1),
            np.stack([corner, corner + columns + 1, corner + 1], axis=1),
        ]
    )
    deltas = np.zeros((len(ARKIT_NAMES), len(vertices), 3))
    deltas[ARKIT_NAMES.index("jawOpen"), :, 1] = -np.clip(-vertices[:, 1] - 0.02, 0, None) * (vertices[:, 2] > 0)
    return Reference(vertices, triangles, deltas)


def test_shapes_follow_a_moved_turned_and_scaled_copy():
    reference = lumpy_head()
    turn = np.radians(4)
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    to_file = 17.0 * BLENDER_TO_CANONICAL.T @ rotation
    key = reference.deltas[ARKIT_NAMES.index("jawOpen")] @ to_file.T
    character = Character(
        name="copy",
        path=Path("character.npz"),
        vertices=reference.vertices @ to_file.T + (3.0, -2.0, 5.0),
        faces=np.pad(reference.triangles, ((0, 0), (0, 1)), constant_values=-1),
        head=np.ones(len(reference.vertices), bool),
        key_names=("jawOpen",),
        key_deltas=key[None],
    )
    (figures,) = compare(character, ARKIT_NAMES, nearest_point_shapes(character, reference))
    assert figures.cosine > 0.999
    assert figures.strength == pytest.approx(1.0, abs=0.03)


def test_the_fit_lands_on_the_reference():
    reference = lumpy_head()
    matrix = fit_head(reference.vertices * 0.3 + (1.0, 2.0, 3.0), reference)
    landed = apply_transform(matrix, reference.vertices * 0.3 + (1.0, 2.0, 3.0))
    assert np.linalg.norm(landed - reference.vertices, axis=1).mean() < 1e-3


def test_a_missing_reference_is_refused(tmp_path: Path):
    with pytest.raises(Refusal, match="does not exist"):
        ict_reference(tmp_path / "ict_facekit.npz")


def test_as_careful_as_the_independent_baseline(corpus: Path, load_tool: Callable[[str], ModuleType]):
    tool = load_tool("baseline_icp")
    character = load_character(corpus / "dev" / "apple_face_example" / "character.npz")
    ours = summarise(
        compare(character, ARKIT_NAMES, nearest_point_shapes(character, ict_reference(corpus / "ict_facekit.npz")))
    )
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
