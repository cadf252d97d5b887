"""The trace of a clip against the vertices that made it."""

import numpy as np
import pytest

from backend.cloning.encode import encode
from backend.evaluation.clips import animated, nodding
from backend.trace import without_rigid


@pytest.mark.parametrize("nods", [False, True])
def test_a_trace_is_what_the_vertices_did_but_for_the_head(nods: bool, puppet) -> None:
    """Made by shapes that the reader does not know."""
    random = np.random.default_rng(3)
    codes = random.random((60, len(puppet.shapes.names))).astype(np.float32)
    codes[:, [name.startswith("eyeLook") for name in puppet.shapes.names]] = 0
    others = puppet.shapes.deltas * random.uniform(0.5, 1.5, (1, len(puppet.mesh.vertices), 1)).astype(np.float32)
    clip = animated(puppet.mesh.vertices, others, codes, nodding(60, 1.0) if nods else None)
    trace = encode(puppet.mesh, clip, puppet.shapes, traced=True).performance.trace
    assert trace is not None and trace.vertices == len(puppet.mesh.vertices)
    np.testing.assert_allclose(trace.points, puppet.mesh.vertices[trace.numbers], atol=1e-6)
    moved = np.tensordot(codes, others[:, trace.numbers], axes=1)
    wanted = without_rigid(moved, trace.points, trace.weights)
    found = without_rigid(np.tensordot(trace.amounts, trace.modes, axes=1), trace.points, trace.weights)
    assert np.linalg.norm(found - wanted) < (0.02 if nods else 0.005) * np.linalg.norm(wanted)
    assert encode(puppet.mesh, clip, puppet.shapes).performance.trace is None


def test_a_clip_in_which_nothing_moves_has_one_too(puppet) -> None:
    clip = animated(puppet.mesh.vertices, puppet.shapes.deltas, np.zeros((5, len(puppet.shapes.names))))
    trace = encode(puppet.mesh, clip, puppet.shapes, traced=True).performance.trace
    assert trace is not None and np.abs(np.tensordot(trace.amounts, trace.modes, axes=1)).max() < 1e-6
