from pathlib import Path

import numpy as np
import pytest

from backend.evaluation.speed import WHOLE, Timing, growth, head_of, open_head_of, subdivided
from backend.geometry.operators import triangle_normals


def test_subdividing_keeps_the_surface():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3]])
    triangles = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    finer, four = subdivided(vertices, triangles)
    assert len(finer) == 4 + 6
    assert len(four) == 16
    before, after = (
        np.linalg.norm(triangle_normals(*mesh), axis=1).sum() for mesh in ((vertices, triangles), (finer, four))
    )
    assert after == pytest.approx(before)


@pytest.mark.parametrize("size", [2_000, 27_000])
def test_heads_come_in_the_size_that_is_asked_for(size: int):
    vertices, triangles = open_head_of(size)
    assert size / 1.25 < len(vertices) < 1.25 * size
    assert triangles.max() == len(vertices) - 1


def test_the_whole_ict_head_is_a_random_person_where_there_is_one(corpus: Path, tmp_path: Path):
    ict = corpus / "ict_facekit.npz"
    vertices, triangles = head_of(WHOLE, ict)
    assert vertices.shape == (26_719, 3)
    assert triangles.shape == (52_220, 3)
    assert 0.3 < np.ptp(vertices[:, 1]) < 0.5
    with np.load(ict) as file:
        apart = np.linalg.norm(vertices - file["neutral"] * 0.01, axis=1)
    assert 0.001 < apart.mean() < 0.05
    np.testing.assert_array_equal(head_of(WHOLE, ict)[0], vertices)
    assert len(head_of(WHOLE, tmp_path / "absent.npz")[0]) != 26_719


def test_growth_is_the_exponent_of_time():
    small, large = (Timing(vertices, 9.0, 9.0, warm, 0.1, 500) for vertices, warm in ((1000, 0.5), (8000, 2.0)))
    assert growth(small, large) == pytest.approx(2 / 3)
