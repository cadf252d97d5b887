"""Traces in files, whole and broken, and which meshes they are of."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.errors import Refusal
from backend.performance import Performance, performance, read_npz, write_npz
from backend.trace import Trace, without_rigid

RANDOM = np.random.default_rng(0)
POINTS = RANDOM.normal(size=(40, 3)).astype(np.float32)


@pytest.fixture
def traced() -> Performance:
    numbers = np.arange(0, 40, 2, dtype=np.int32)
    modes = RANDOM.normal(size=(3, 20, 3)).astype(np.float32)
    amounts = np.linspace(0, 1, 15, dtype=np.float32).reshape(5, 3)
    trace = Trace(40, numbers, POINTS[numbers], np.full(20, 0.05, np.float32), modes, amounts)
    return replace(performance(("jawOpen",), np.zeros((5, 1)), 25.0), trace=trace)


def test_a_file_holds_it_without_loss(traced: Performance, tmp_path: Path) -> None:
    write_npz(tmp_path / "p.npz", traced)
    read = read_npz(tmp_path / "p.npz").trace
    assert read is not None and traced.trace is not None and read.vertices == 40
    for name, array in traced.trace.arrays().items():
        np.testing.assert_array_equal(read.arrays()[name], array)
    write_npz(tmp_path / "p.npz", replace(traced, trace=None))
    assert read_npz(tmp_path / "p.npz").trace is None


def test_it_goes_with_the_frames(traced: Performance) -> None:
    part, faster = traced.part(1, 3), traced.resample(50.0)
    assert part.trace is not None and faster.trace is not None and traced.trace is not None
    np.testing.assert_array_equal(part.trace.amounts, traced.trace.amounts[1:3])
    np.testing.assert_allclose(faster.trace.amounts[1], traced.trace.amounts[:2].mean(0), atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"trace_modes": np.zeros((3, 19, 3))},
        {"trace_amounts": np.zeros((4, 3))},
        {"trace_amounts": np.full((5, 3), np.nan)},
        {"trace_numbers": np.full(20, 40)},
        {"trace_numbers": np.full(20, -1)},
        {"trace_numbers": np.linspace(0, 1, 20)},
        {"trace_weights": np.full(20, -1.0)},
        {"trace_points": None},
        {"trace_vertices": np.arange(3)},
        {"trace_modes": np.array(["a"])},
        {"trace_modes": np.zeros((0, 20, 3)), "trace_amounts": np.zeros((5, 0))},
        {"trace_modes": np.float64(1)},
        {"trace_modes": np.zeros((65, 20, 3)), "trace_amounts": np.zeros((5, 65))},
    ],
)
def test_damaged_ones_are_refused(changes: dict[str, np.ndarray | None], traced: Performance, tmp_path: Path) -> None:
    assert traced.trace is not None
    arrays = {"names": np.array(["jawOpen"]), "weights": np.zeros((5, 1)), "fps": np.float64(25)}
    arrays |= traced.trace.arrays() | {name: one for name, one in changes.items() if one is not None}
    np.savez(
        tmp_path / "p.npz", **{name: one for name, one in arrays.items() if name not in changes or one is changes[name]}
    )
    with pytest.raises(Refusal, match="trace of the performance is damaged"):
        read_npz(tmp_path / "p.npz")


def test_small_motions_of_all_points_are_nothing() -> None:
    turns = np.cross([0.3, -0.2, 0.5], POINTS) + np.array([1.0, 2.0, 3.0])
    weights = RANDOM.random(40)
    assert np.abs(without_rigid(turns[None], POINTS, weights)).max() < 1e-6
    bend = POINTS[:, [1, 2, 0]] ** 2
    both = without_rigid(np.stack([bend, bend + turns]), POINTS, weights)
    np.testing.assert_allclose(both[0], both[1], atol=1e-6)
    assert np.linalg.norm(both[0]) > 0.5
