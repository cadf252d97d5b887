"""Rigs that bend, without Blender: a function from values to vertices is all there is of them."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.geometry.mesh import FaceMesh, face_mesh
from backend.performance import Performance, performance
from backend.rigs import key_poses
from backend.rigs.bent import solve_bent
from backend.rigs.box import solve_box
from backend.rigs.fields import goal
from backend.rigs.goal import Goal, lead
from backend.rigs.jacobian import apart, looking
from backend.rigs.key_poses import CLUSTERS, EXTREMES, key_frames
from backend.rigs.mapping import Entry
from backend.rigs.refine import Feel, Look, Poses, Refined, refining
from backend.rigs.retarget import retarget, solve_again
from backend.rigs.rig import Rig, rig
from backend.rigs.solve import Spans, spans
from backend.rigs.telling import MOST, telling
from backend.rigs.uses import SOLVE

LOW, HIGH = np.array([-1.2, -0.3, -0.3, -0.3]), np.array([1.2, 0.3, 0.3, 0.3])
NAMES = ("turn", "up", "out", "brow")


@pytest.fixture(scope="module")
def mesh() -> FaceMesh:
    """A grid of 9 by 9 in the plane of x and y."""
    across, up = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9))
    corner = (np.arange(8)[:, None] * 9 + np.arange(8)).reshape(-1, 1)
    points = np.stack([across, up, np.zeros_like(up)], axis=2).reshape(-1, 3)
    return face_mesh(points.astype(np.float32), corner + np.array([0, 1, 10, 9]))


def evaluate(mesh: FaceMesh, values: np.ndarray) -> np.ndarray:
    """(N, 3): below the middle all turns about an axis along x through (0, 0, -1), and is moved up and out after that;
    above, the brow goes up."""
    turn, up, out, brow = values
    points = mesh.vertices.astype(np.float64)
    lower = points[:, 1] < 0
    height, depth = points[lower, 1], points[lower, 2] + 1
    points[lower, 1] = np.cos(turn) * height - np.sin(turn) * depth + up
    points[lower, 2] = np.sin(turn) * height + np.cos(turn) * depth - 1 + out
    points[points[:, 1] > 0.5, 1] += brow
    return points


@pytest.fixture(scope="module")
def measured(mesh: FaceMesh) -> Rig:
    steps = 0.01 * (HIGH - LOW)
    deltas = [(evaluate(mesh, step * one) - mesh.vertices) / step for step, one in zip(steps, np.eye(4), strict=True)]
    return rig(mesh, NAMES, np.array(deltas, np.float32), LOW, HIGH)


@pytest.fixture(scope="module")
def shapes(mesh: FaceMesh) -> Shapes:
    """jawOpen is the turn by 0.8 with a step down, which the straight solve cannot find; browInnerUp is the brow's."""
    deltas = np.zeros((len(ARKIT_NAMES), len(mesh.vertices), 3), np.float32)
    deltas[ARKIT_NAMES.index("jawOpen")] = evaluate(mesh, np.array([0.8, -0.1, 0.05, 0])) - mesh.vertices
    deltas[ARKIT_NAMES.index("browInnerUp")] = evaluate(mesh, np.array([0, 0, 0, 0.2])) - mesh.vertices
    parts = np.zeros(len(mesh.vertices), np.int8)
    return Shapes(mesh.vertices, ARKIT_NAMES, deltas, parts, 1.0, (), np.eye(4), (), "test")


@pytest.fixture(scope="module")
def motion() -> Performance:
    time = np.linspace(0, 1, 60)
    weights = np.stack([np.sin(np.pi * time), time**2], axis=1).astype(np.float32)
    return performance(("jawOpen", "browInnerUp"), weights, 30.0)


def refined(mesh: FaceMesh, measured: Rig, shapes: Shapes, motion: Performance) -> tuple[np.ndarray, Refined, Goal]:
    """The straight solve's values, and what refining makes of them."""
    first = retarget(measured, motion, shapes, drawn=np.zeros(4, bool))
    assert all(entry.use == SOLVE for entry in first.mapping.values())
    aim = goal(measured, shapes)
    seen, deltas = aim.seen, measured.deltas[:, aim.seen]
    sample = seen[aim.sample]
    led = lead(NAMES, first.mapping, motion.named(ARKIT_NAMES).weights.astype(np.float64))
    steps = refining(aim, led, deltas, np.clip(led.intended, LOW, HIGH).astype(np.float32))
    asked = next(steps)
    while True:
        if isinstance(asked, Look):
            answer = np.array([(evaluate(mesh, one) - mesh.vertices)[seen] for one in asked.values])
        elif isinstance(asked, Feel):
            answer = np.array([felt(mesh, one, measured.deltas[:, sample], sample) for one in asked.values])
        else:
            answer = solve_again(measured, motion, shapes, first.mapping, asked, sample)
        try:
            asked = steps.send(answer)
        except StopIteration as end:
            return first.values, end.value, aim


def felt(mesh: FaceMesh, values: np.ndarray, deltas: np.ndarray, sample: np.ndarray) -> np.ndarray:
    around = looking(values, LOW, HIGH, deltas, apart(deltas))
    pose = next(around)
    try:
        while True:
            pose = around.send(evaluate(mesh, pose)[sample])
    except StopIteration as end:
        return end.value[1]


def test_measuring_again_takes_away_most_of_what_the_straight_solve_misses(mesh, measured, shapes, motion) -> None:
    _, found, _ = refined(mesh, measured, shapes, motion)
    rounds = found.rounds
    assert len(rounds) >= 2 and all(later < earlier for earlier, later in pairwise(rounds))
    assert rounds[-1] < 0.3 * rounds[0]
    assert (found.values >= LOW - 1e-9).all() and (found.values <= HIGH + 1e-9).all()
    share = np.sqrt(np.square(found.missed).sum(0) / np.square(found.wanted).sum(0))
    assert share[0] < 0.1
    middle = found.values[len(found.values) // 2]
    assert middle[0] == pytest.approx(0.8, abs=0.1) and middle[1] == pytest.approx(-0.1, abs=0.05)


@pytest.mark.parametrize("poses", [1, 4, 16])
def test_how_many_poses_are_measured_hardly_matters(monkeypatch, mesh, measured, shapes, motion, poses: int) -> None:
    monkeypatch.setattr(key_poses, "EXTREMES", poses)
    monkeypatch.setattr(key_poses, "CLUSTERS", poses)
    _, found, _ = refined(mesh, measured, shapes, motion)
    assert np.sqrt(np.square(found.missed[:, 0]).sum() / np.square(found.wanted[:, 0]).sum()) < 0.1


def test_the_residual_is_what_is_measured(mesh, measured, shapes, motion) -> None:
    _, found, aim = refined(mesh, measured, shapes, motion)
    frame = int(found.frames[20])
    channels = motion.named(ARKIT_NAMES).weights[frame]
    wanted = np.tensordot(channels, shapes.deltas, 1)
    off = np.square(evaluate(mesh, found.values[frame]) - mesh.vertices - wanted).sum(1)[aim.seen]
    assert found.missed[20] == pytest.approx(np.sqrt(aim.weights @ off), rel=1e-4, abs=1e-6)


def test_controls_that_move_nothing_in_common_are_measured_together(mesh, measured) -> None:
    groups = apart(measured.deltas)
    assert sorted(at for group in groups for at in group) == [0, 1, 2, 3]
    assert len(groups) == 3
    here = np.array([0.5, 0.1, 0.0, 0.1])
    found = felt(mesh, here, measured.deltas, np.arange(len(mesh.vertices)))
    for at, step in enumerate(0.01 * (HIGH - LOW)):
        moved = (evaluate(mesh, here + step * np.eye(4)[at]) - evaluate(mesh, here)) / step
        assert np.allclose(found[at], moved, atol=1e-6)


def test_the_largest_poses_are_among_the_key_poses() -> None:
    random = np.random.default_rng(0)
    values = random.normal(0, 0.01, (500, 6))
    values[77, 2], values[300, 4] = 3.0, -2.0
    chosen = key_frames(values, np.eye(6))
    assert {77, 300} <= set(chosen.tolist()) and len(chosen) <= EXTREMES + CLUSTERS
    assert key_frames(np.zeros((5, 6)), np.eye(6)).tolist() == [0]


def test_bounded_problems_are_solved() -> None:
    random = np.random.default_rng(1)
    from scipy.optimize import lsq_linear

    matrix, wanted = random.normal(size=(40, 30)), random.normal(size=(5, 40))
    gram = matrix.T @ matrix
    found = solve_box(gram, wanted @ matrix, np.full((5, 30), 0.5))
    each = solve_box(np.tile(gram, (5, 1, 1)), wanted @ matrix, np.full((5, 30), 0.5))
    assert np.allclose(found, each, atol=1e-3)
    for row, want in zip(found, wanted, strict=True):
        best = lsq_linear(matrix, want, (0, 1)).x
        assert np.linalg.norm(matrix @ row - want) <= 1.001 * np.linalg.norm(matrix @ best - want)
        assert row.min() >= 0 and row.max() <= 1


def test_of_many_controls_those_stay_that_say_most(measured, shapes, motion) -> None:
    """Four that matter among hundreds of nearly the same, and of noise."""
    from backend.rigs.fields import fields

    random = np.random.default_rng(2)
    noise = random.normal(0, 1e-3, (MOST + 40, *measured.deltas.shape[1:])).astype(np.float32)
    many = np.concatenate([noise, measured.deltas])
    count = len(many)
    crowd = rig(measured.mesh, tuple(map(str, range(count))), many, np.full(count, -0.3), np.full(count, 0.3))
    gram = fields(crowd, shapes).fair
    channels = motion.named(ARKIT_NAMES).weights.astype(np.float64)
    free = spans(crowd.lowest, crowd.highest, np.ones(count, bool), np.diag(gram))
    chosen = free.control[telling(free, gram, channels)]
    assert len(chosen) <= MOST
    assert set(chosen[:3].tolist()) & set(range(count - 4, count))
    curves = retarget(crowd, motion, shapes, drawn=np.zeros(count, bool))
    assert sum(entry.use == SOLVE for entry in curves.mapping.values()) <= MOST


def test_what_a_user_decides_is_not_spared(measured, shapes, motion) -> None:
    curves = retarget(measured, motion, shapes, {"brow": Entry(SOLVE, {})}, np.zeros(4, bool))
    assert curves.mapping["brow"].use == SOLVE


def test_ten_minutes_of_hundreds_of_channels_fit_in_memory(mesh, measured, shapes) -> None:
    """36,000 frames of 528 channels: of all values there is one copy, in single precision, and little else."""
    frames, channels, solved = 36_000, 528, 12
    random = np.random.default_rng(3)
    deltas = random.normal(0, 0.01, (channels, 30, 3)).astype(np.float32)
    deltas *= random.random((channels, 30, 1)) < 0.1
    weights = np.abs(random.normal(0, 0.2, (frames, 52))).astype(np.float32)
    values = np.zeros((frames, channels), np.float32)
    values[:, :solved] = 0.1 * weights[:, np.arange(solved) % 52]
    free = Spans(np.arange(solved), np.full(solved, -0.3), np.full(solved, 0.6))
    named = tuple(map(str, range(channels)))
    led = lead(named, {name: Entry(SOLVE, {}) for name in named}, weights)
    keys = np.linspace(0, frames - 1, 6).astype(int)
    wanted = random.normal(0, 0.01, (52, 30, 3)).astype(np.float32)

    def moved(some: np.ndarray) -> np.ndarray:
        return np.tensordot(values[some], deltas, 1)

    felt = np.tile(deltas, (len(keys), 1, 1, 1))
    asked = Poses(values[keys], moved(keys), felt, values)
    tracemalloc.start()
    found = solve_bent(free, wanted, led, deltas, asked)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.nbytes == values.nbytes and np.isfinite(found).all()
    assert peak < values.nbytes + 60e6
