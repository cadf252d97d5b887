"""Clips of a rig's own mesh, of which channels say little."""

from dataclasses import replace

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.performance import Performance
from backend.rigs.mapping import Entry
from backend.rigs.retarget import retarget
from backend.rigs.rig import Rig
from backend.rigs.traced import follow_trace, placed, retarget_traced
from backend.rigs.uses import FOLLOW
from backend.trace import Trace


@pytest.fixture
def truth(keyed: Rig) -> np.ndarray:
    """(300, 51) what the keys did."""
    time = np.linspace(0, 10, 300)[:, None]
    return np.clip(np.sin(np.linspace(0.4, 1.7, 51) * time + np.arange(51)), 0, 1) ** 2


@pytest.fixture
def clip(keyed: Rig, truth: np.ndarray, motion: Performance) -> Performance:
    """The trace of that, under channels that say something else."""
    numbers = np.flatnonzero(np.any(keyed.deltas, axis=(0, 2)))[::3].astype(np.int32)
    trace = Trace(
        len(keyed.mesh.vertices),
        numbers,
        keyed.mesh.vertices[numbers],
        np.full(len(numbers), 1 / len(numbers), np.float32),
        keyed.deltas[:, numbers],
        truth.astype(np.float32),
    )
    return replace(motion, trace=trace)


def test_the_rig_of_the_mesh_does_what_its_vertices_did(
    keyed: Rig, clip: Performance, truth: np.ndarray, open_head_shapes: Shapes
) -> None:
    named = replace(keyed, controls=("jaw_open", *keyed.controls[1:]))
    curves = retarget_traced(named, clip, open_head_shapes)
    off = np.tensordot(curves.values - truth, keyed.deltas, 1)
    assert np.linalg.norm(off) < 0.02 * np.linalg.norm(np.tensordot(truth, keyed.deltas, 1))
    assert curves.residual.max() < 0.02 * curves.wanted.max()
    assert set(curves.regions) == {"brows", "lids", "jaw", "lips", "corners"}
    assert curves.mapping == retarget(named, clip, open_head_shapes).mapping
    assert curves.notes[-1] == "The clip is of this very mesh: 51 controls do what its vertices did"


def test_bounds_hold_and_what_they_forbid_is_residual(keyed: Rig, clip: Performance, open_head_shapes: Shapes) -> None:
    half = replace(keyed, maximum=np.full(len(keyed.controls), 0.5))
    curves = retarget_traced(half, clip, open_head_shapes)
    assert curves.values.max() <= 0.5 + 1e-6 and curves.values.min() >= 0
    assert 0.1 < np.linalg.norm(curves.residual) / np.linalg.norm(curves.wanted) < 0.6


def test_what_is_given_is_followed_and_made_up_for(
    keyed: Rig, order: np.ndarray, clip: Performance, open_head_shapes: Shapes
) -> None:
    first = keyed.controls[0]
    curves = retarget_traced(keyed, clip, open_head_shapes, {first: Entry(FOLLOW, {"jawOpen": 0.5})})
    assert curves.mapping[first].use == FOLLOW
    np.testing.assert_allclose(curves.values[:, 0], 0.5 * clip.weights[:, ARKIT_NAMES.index("jawOpen")], atol=1e-6)


def test_a_mesh_in_another_place_and_other_units_is_the_same(
    keyed: Rig, clip: Performance, truth: np.ndarray, open_head_shapes: Shapes
) -> None:
    turn = 100 * np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    vertices = (keyed.mesh.vertices @ turn.T + [3.0, 2.0, 1.0]).astype(np.float32)
    moved = replace(
        keyed, mesh=replace(keyed.mesh, vertices=vertices), deltas=(keyed.deltas @ turn.T).astype(np.float32)
    )
    assert clip.trace is not None
    trace = placed(clip.trace, vertices)
    assert trace is not None
    np.testing.assert_allclose(trace.modes, moved.deltas[:, trace.numbers], atol=1e-3)
    curves = follow_trace(moved, retarget(moved, clip, open_head_shapes), trace, clip.weights, open_head_shapes, {})
    assert np.abs(curves.values - truth).max() < 0.1


def test_another_mesh_follows_channels(
    keyed: Rig, order: np.ndarray, clip: Performance, open_head_shapes: Shapes
) -> None:
    bent = keyed.mesh.vertices * np.array([1.0, 1.01, 1.0], np.float32)
    other = replace(keyed, mesh=replace(keyed.mesh, vertices=bent))
    curves = retarget_traced(other, clip, open_head_shapes)
    np.testing.assert_allclose(curves.values, clip.weights[:, order], atol=1e-6)
    assert clip.trace is not None
    assert placed(clip.trace, keyed.mesh.vertices[:-1]) is None
    assert placed(clip.trace, np.roll(keyed.mesh.vertices, 1, axis=0)) is None
    assert placed(clip.trace, np.zeros_like(keyed.mesh.vertices)) is None
