import numpy as np
import pytest

from backend.imaging.portraits import BUDGET, portrait, sitter


def sphere(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """A unit sphere of a tenth of a metre, outside facing out."""
    polar, around = np.meshgrid(np.linspace(0.01, 3.13, rows), np.linspace(0, 2 * np.pi, columns, endpoint=False))
    points = np.stack([np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)], axis=2)
    row, column = (axis.ravel() for axis in np.meshgrid(np.arange(rows - 1), np.arange(columns)))
    after = (column + 1) % columns
    a, b, c, d = column * rows + row, column * rows + row + 1, after * rows + row + 1, after * rows + row
    return 0.1 * points.reshape(-1, 3), np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])


def test_the_camera_is_close_on_what_moves():
    vertices, triangles = sphere(40, 60)
    wide = sitter(vertices, triangles, np.ones(len(vertices)), 0.0)
    moving = (np.linalg.norm(vertices - (0, -0.06, 0.08), axis=1) < 0.03).astype(float)
    close = sitter(vertices, triangles, moving, 0.0)
    assert close.camera.extent < 0.45 * wide.camera.extent
    assert np.linalg.norm(close.camera.centre - (0, -0.06, 0.08)) < 0.02


def test_without_motion_everything_is_in_view():
    vertices, triangles = sphere(20, 30)
    picture = portrait(sitter(vertices, triangles, np.zeros(len(vertices)), 0.0), 100)
    seen = picture[..., 3] == 255
    assert 0.4 < seen.mean() < 0.8
    assert not seen[[0, -1]].any()
    assert not seen[:, [0, -1]].any()


def test_what_moves_is_tinted_and_the_rest_is_not():
    vertices, triangles = sphere(40, 60)
    sitting = sitter(vertices, triangles, np.zeros(len(vertices)), 0.0)
    low = np.clip(-vertices[:, 1] / 0.1, 0, 1)
    neutral, tinted = portrait(sitting, 120).astype(int), portrait(sitting, 120, tint=low[sitting.chosen]).astype(int)
    changed = np.abs(neutral - tinted).max(axis=2) > 8
    assert changed[75:110].any()
    assert not changed[:58].any()
    redness = (tinted[..., 0] - tinted[..., 2])[changed & (np.arange(120)[:, None] > 80)]
    assert redness.min() > 20


def test_offsets_move_the_picture():
    vertices, triangles = sphere(40, 60)
    sitting = sitter(vertices, triangles, np.zeros(len(vertices)), 0.0)
    up = np.tile((0.0, 0.02, 0.0), (len(sitting.vertices), 1))
    rows = [np.nonzero(portrait(sitting, 120, offset)[..., 3])[0].mean() for offset in (None, up)]
    assert rows[0] - rows[1] == pytest.approx(120 * 0.02 / (2 * sitting.camera.extent), rel=0.1)


def test_an_open_shell_shows_its_inside():
    vertices, triangles = sphere(40, 60)
    bowl = triangles[(vertices[triangles][:, :, 2] < 0.02).all(axis=1)]
    sitting = sitter(vertices, bowl, np.zeros(len(vertices)), 0.0)
    assert sitting.two_sided.all()
    assert (portrait(sitting, 100)[45:55, 45:55, 3] == 255).all()
    closed = sitter(vertices, triangles, np.zeros(len(vertices)), 0.0)
    assert not closed.two_sided.any()


def test_a_dense_mesh_is_drawn_with_fewer_vertices():
    vertices, triangles = sphere(200, 300)
    sitting = sitter(vertices, triangles, np.zeros(len(vertices)), 0.0)
    assert len(sitting.vertices) <= 1.1 * BUDGET
    assert np.abs(sitting.vertices - vertices[sitting.chosen]).max() < 1e-6


def test_only_what_differs_from_the_neutral_is_drawn_and_looks_the_same():
    vertices, triangles = sphere(60, 90)
    sitting = sitter(vertices, triangles, np.zeros(len(vertices)), 20.0)
    near = np.exp(-((np.linalg.norm(sitting.vertices - (0.03, -0.04, 0.085), axis=1) / 0.012) ** 2))
    near[near < 1e-3] = 0.0
    offsets = near[:, None] * (0.004, 0.012, 0.01)
    neutral = portrait(sitting, 200)
    whole = portrait(sitting, 200, offsets, 0.8 * near).astype(int)
    part = portrait(sitting, 200, offsets, 0.8 * near, neutral=neutral).astype(int)
    assert (np.abs(whole - neutral).max(axis=2) > 8).sum() > 500
    assert (np.abs(whole - part).max(axis=2) > 2).sum() <= 5
    kept = neutral.copy()
    kept[:, :100] = 77
    changed = (portrait(sitting, 200, offsets, 0.8 * near, neutral=kept)[:, :100] != 77).any(axis=2)
    assert 0.05 < changed.mean() < 0.15
    assert np.array_equal(portrait(sitting, 200, 0 * offsets, 0 * near, neutral=kept), kept)
