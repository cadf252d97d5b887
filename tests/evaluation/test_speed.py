import numpy as np
import pytest

from backend.evaluation.speed import open_head_of, subdivided
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
