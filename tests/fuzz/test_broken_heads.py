"""Whatever is broken about a head, it ends in shapes or in one sentence with a cure.

A few heads run with every test; `FACSIMILE_FUZZ=1000 python3 build.py test tests/fuzz` takes hours and runs a thousand.
"""

import os

import numpy as np
import pytest

from backend.cloning.shapes import build_shapes
from backend.errors import Refusal
from backend.geometry.mesh import face_mesh
from tests.fuzz.broken import broken_head

COUNT = int(os.environ.get("FACSIMILE_FUZZ", "8"))


@pytest.mark.parametrize("seed", range(COUNT))
def test_a_broken_head_gives_shapes_or_a_sentence(seed: int) -> None:
    draft, breakages = broken_head(seed)
    before = draft.vertices.copy(), draft.faces.copy()
    try:
        mesh = face_mesh(draft.vertices, draft.faces, draft.objects, tuple(map(str, range(100))))
        shapes = build_shapes(mesh)
    except Refusal as refusal:
        assert refusal.code and refusal.sentence.endswith(".") and refusal.cure.endswith("."), breakages
    else:
        assert shapes.deltas.shape == (len(shapes.names), *draft.vertices.shape), breakages
        assert np.isfinite(shapes.deltas).all(), breakages
        assert 0 <= shapes.confidence <= 1, breakages
    assert np.array_equal(draft.vertices, before[0], equal_nan=True) and np.array_equal(draft.faces, before[1])
