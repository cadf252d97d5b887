"""Coarsening quads by whole loops, on a plain grid."""

import numpy as np
import pytest

from backend.training.quad_chords import FEATURE, FREE, PINNED, Guide, QuadMesh, coarsen, strips

COLUMNS, ROWS = 13, 9


def grid() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices of a flat grid in millimetres, centred on x = 0, its quads, and the mirror image of every vertex."""
    x, y = np.meshgrid(np.arange(COLUMNS) - COLUMNS // 2, np.arange(ROWS))
    number = np.arange(COLUMNS * ROWS).reshape(ROWS, COLUMNS)
    corners = [number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]]
    faces = np.stack([corner.ravel() for corner in corners], axis=1)
    points = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1).astype(np.float64)
    return points, faces, number[:, ::-1].ravel()


def guide(points: np.ndarray, mirror: np.ndarray, spacing: float = 100.0) -> Guide:
    """Nothing wanted but the form; the border is a feature, its corners are pinned."""
    number = np.arange(COLUMNS * ROWS).reshape(ROWS, COLUMNS)
    sides = [number[0], number[-1], number[:, 0], number[:, -1], number[:, COLUMNS // 2]]
    edges = np.concatenate([np.stack([side[:-1], side[1:]], axis=1) for side in sides])
    rank = np.full(len(points), FREE)
    rank[np.unique(edges)] = FEATURE
    rank[number[[0, 0, -1, -1], [0, -1, 0, -1]]] = PINNED
    full = np.full(len(points), spacing)
    return Guide(points, points, full, np.ones(len(points)), rank, edges, mirror)


def test_strips_of_a_grid() -> None:
    points, faces, _ = grid()
    strip = strips(faces, len(points))
    assert len(strip.edges) == COLUMNS * (ROWS - 1) + ROWS * (COLUMNS - 1)
    lengths = np.bincount(strip.chord)
    assert sorted(lengths) == [ROWS] * (COLUMNS - 1) + [COLUMNS] * (ROWS - 1)
    for chord in range(len(lengths)):
        assert len(np.unique(strip.side[strip.chord == chord])) == 2


def test_a_grid_stays_a_grid_with_its_border_and_its_symmetry() -> None:
    points, faces, mirror = grid()
    result = coarsen(QuadMesh(faces, faces), guide(points, mirror), 40)
    used = np.unique(result.faces)
    assert 9 <= len(used) <= 40
    assert np.array_equal(result.faces, result.face_uv)
    assert np.array_equal(np.sort(mirror[used]), used)
    assert np.array_equal(points[used].min(0), points.min(0)) and np.array_equal(points[used].max(0), points.max(0))
    columns, rows = np.unique(points[used, 0]), np.unique(points[used, 1])
    assert len(columns) * len(rows) == len(used) and 0 in columns
    corner = points[result.faces]
    area = 0.5 * np.cross(corner[:, 2] - corner[:, 0], corner[:, 3] - corner[:, 1])[:, 2]
    assert area.min() > 0 and area.sum() == pytest.approx((COLUMNS - 1) * (ROWS - 1))


def test_the_loop_along_a_fold_stays() -> None:
    points, faces, mirror = grid()
    points[:, 2] = 2 * np.maximum(points[:, 1] - 5, 0)
    result = coarsen(QuadMesh(faces, faces), guide(points, mirror), 45)
    used = np.unique(result.faces)
    assert 5 in points[used, 1]
    assert len(np.unique(points[used, 1])) < ROWS


def test_wanted_spacing_keeps_loops_where_it_is_fine() -> None:
    points, faces, mirror = grid()
    plan = guide(points, mirror)
    spacing = np.where(np.abs(points[:, 0]) < 2.5, 0.5, 50.0)
    plan = Guide(points, points, spacing, plan.weight, plan.rank, plan.feature_edges, mirror)
    result = coarsen(QuadMesh(faces, faces), plan, 50)
    columns = np.unique(points[np.unique(result.faces), 0])
    assert {-2, -1, 0, 1, 2} <= set(columns)
    assert len(columns) < COLUMNS


def test_seams_keep_their_two_texture_coordinates() -> None:
    points, faces, mirror = grid()
    right = points[faces].mean(1)[:, 0] > 0
    face_uv = np.where(right[:, None], faces + len(points), faces)
    result = coarsen(QuadMesh(faces, face_uv), guide(points, mirror), 40)
    sides = points[result.faces].mean(1)[:, 0] > 0
    assert np.array_equal(result.face_uv, result.faces + np.where(sides, len(points), 0)[:, None])


def test_a_mesh_that_is_not_its_own_mirror_image_is_refused() -> None:
    points, faces, mirror = grid()
    with pytest.raises(ValueError, match="mirror"):
        coarsen(QuadMesh(faces[1:], faces[1:]), guide(points, mirror), 40)
