from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.evaluation.character import Character, corpus_characters, load_character
from backend.evaluation.metrics import compare, rank_correlation, summarise, vertex_areas


@pytest.fixture
def character() -> Character:
    """A bent grid of quads and triangles with two keys: the jaw's half goes down, the brow's half goes up and out."""
    side = 12
    x, y = np.meshgrid(np.linspace(0, 1, side) ** 2, np.linspace(-1, 1, side), indexing="ij")
    vertices = np.stack([x, 0.3 * x * y, y], axis=2).reshape(-1, 3)
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).reshape(-1)
    faces = np.stack([corner, corner + side, corner + side + 1, corner + 1], axis=1)
    faces[::3, 3] = -1
    jaw, brow = np.zeros((2, len(vertices), 3))
    jaw[:, 2] = -np.clip(-vertices[:, 2], 0, None)
    brow[:, 2] = np.clip(vertices[:, 2] - 0.2, 0, None)
    brow[:, 1] = 0.5 * brow[:, 2]
    return Character(
        name="grid",
        path=Path("character.npz"),
        vertices=vertices,
        faces=faces,
        head=np.ones(len(vertices), bool),
        key_names=("jawOpen", "browInnerUp"),
        key_deltas=np.stack([jaw, brow]),
    )


def test_areas_add_up_to_the_surface():
    square = np.array([[0.0, 0, 0], [2, 0, 0], [2, 3, 0], [0, 3, 0], [9, 9, 9]])
    areas = vertex_areas(square, np.array([[0, 1, 2, 3]]))
    assert areas.sum() == pytest.approx(6.0)
    assert areas[4] == 0
    assert vertex_areas(square, np.array([[0, 1, 2, -1]])).sum() == pytest.approx(3.0)


def test_the_artists_own_keys_are_perfect(character: Character):
    summary = summarise(compare(character, character.key_names, character.key_deltas))
    assert summary is not None
    assert summary.channels == 2
    assert summary.cosine == pytest.approx(1.0, abs=1e-12)
    assert summary.overlap == pytest.approx(1.0, abs=1e-12)
    assert summary.strength_right == 1.0


def test_direction_and_strength_are_told_apart(character: Character):
    jaw, brow = compare(character, character.key_names, character.key_deltas * np.array([-1.0, 2.0])[:, None, None])
    assert jaw.cosine == pytest.approx(-1.0)
    assert jaw.strength == pytest.approx(1.0)
    assert brow.cosine == pytest.approx(1.0)
    assert brow.strength == pytest.approx(2.0)
    summary = summarise((jaw, brow))
    assert summary is not None
    assert summary.strength_right == 0.5


def test_motion_elsewhere_lowers_the_overlap(character: Character):
    jaw = compare(character, ("jawOpen",), character.key_deltas[1:])[0]
    assert jaw.cosine == 0.0
    assert jaw.overlap == 0.0


def test_only_the_head_counts(character: Character):
    head = character.vertices[:, 0] > 0.2
    prediction = np.where(head[:, None], character.key_deltas, 5.0)
    masked = Character(**{**vars(character), "head": head})
    assert compare(masked, character.key_names, prediction)[0].cosine == pytest.approx(1.0)
    assert compare(character, character.key_names, prediction)[0].cosine < 0.5


def test_empty_keys_and_unknown_channels_are_left_out(character: Character):
    empty = Character(**{**vars(character), "key_deltas": character.key_deltas * np.array([0.0, 1.0])[:, None, None]})
    assert [one.name for one in compare(empty, character.key_names, character.key_deltas)] == ["browInnerUp"]
    assert compare(character, ("cheekPuff",), character.key_deltas[:1]) == ()
    assert summarise(()) is None


def test_ranks_are_correlated_not_values():
    assert rank_correlation([1, 10, 100, 1000], [0.1, 0.2, 0.3, 0.4]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(0.8)
    # ties share the mean of their ranks: 1.5 1.5 3 against 1 2 3
    assert rank_correlation([0, 0, 1], [0, 1, 2]) == pytest.approx(0.75**0.5)
    assert rank_correlation([1, 2], [1, 2]) is None
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None


def test_figures_equal_those_of_the_independent_tool(corpus: Path, load_tool: Callable[[str], ModuleType]):
    tool = load_tool("shape_metrics")
    for name in ("rpm_template", "jeeliz_turtle"):
        character = load_character(corpus / "dev" / name / "character.npz")
        random = np.random.default_rng(1)
        deltas = np.zeros((len(ARKIT_NAMES), *character.vertices.shape))
        for key, field in zip(character.key_names, character.key_deltas, strict=True):
            noise = random.normal(size=field.shape) * np.abs(field).max()
            deltas[ARKIT_NAMES.index(key)] = random.uniform(0.3, 2) * field + random.uniform(0, 0.5) * noise
        figures = compare(character, ARKIT_NAMES, deltas)
        with np.load(character.path) as file:
            rows = tool.compare(dict(file), ARKIT_NAMES, deltas)
        assert [figure.name for figure in figures] == [row[0] for row in rows]
        ours = np.array([[figure.cosine, figure.overlap, figure.strength] for figure in figures])
        assert np.abs(ours - np.array([row[1:] for row in rows])).max() < 1e-9
        assert 0.1 < ours[:, 0].mean() < 0.99


def test_characters_are_found_and_missing_ones_named(tmp_path: Path, corpus: Path):
    assert len(corpus_characters(corpus / "dev")) >= 20
    assert [path.parent.name for path in corpus_characters(corpus / "dev", ("suzanne",))] == ["suzanne"]
    with pytest.raises(Refusal, match="nobody"):
        corpus_characters(corpus / "dev", ("nobody",))
    with pytest.raises(Refusal, match="has no"):
        corpus_characters(tmp_path)


def test_a_file_with_missing_arrays_is_refused(tmp_path: Path):
    path = tmp_path / "character.npz"
    np.savez(path, vertices=np.zeros((3, 3)))
    with pytest.raises(Refusal, match="key_names"):
        load_character(path)
