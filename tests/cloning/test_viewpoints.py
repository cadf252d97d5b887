"""Directions and windows of the search."""

import numpy as np
import pytest

from backend.cloning.viewpoints import WINDOWS, turned, upright, windows


def test_all_views_are_proper_cameras():
    assert (len(upright()), len(turned())) == (16, 26)
    for viewpoint in (*upright(), *turned()):
        assert viewpoint.rotation @ viewpoint.rotation.T == pytest.approx(np.eye(3), abs=1e-12)
        assert np.linalg.det(viewpoint.rotation) == pytest.approx(1)
    assert all(viewpoint.rolls == (0.0,) for viewpoint in upright())
    assert all(len(viewpoint.rolls) == 8 for viewpoint in turned())


def test_blenders_custom_comes_first_then_gltfs():
    first, second, *_ = upright()
    assert first.rotation[2] == pytest.approx([0, -1, 0]) and first.rotation[1] == pytest.approx([0, 0, 1])
    assert second.rotation[2] == pytest.approx([0, 0, 1]) and second.rotation[1] == pytest.approx([0, 1, 0])


def test_any_head_is_near_one_of_the_views():
    rotations = np.array(
        [
            turn @ viewpoint.rotation
            for viewpoint in (*upright(), *turned())
            for roll in np.radians(viewpoint.rolls)
            for turn in [np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])]
        ]
    )
    quaternions = np.random.default_rng(0).normal(size=(300, 4))
    worst = 0.0
    for w, x, y, z in quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True):
        head = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
        cosine = (np.einsum("kij,ij->k", rotations, head) - 1) / 2
        worst = max(worst, float(np.degrees(np.arccos(np.clip(cosine.max(), -1, 1)))))
    assert worst < 40


@pytest.mark.parametrize("roll", [0.0, 90.0, 135.0])
def test_windows_hold_the_whole_and_then_the_top_of_the_turned_picture(roll):
    # a figure 20 wide and 100 high, its head up when the picture is turned clockwise by `roll`
    x, y = np.meshgrid(np.linspace(-10, 10, 21), np.linspace(-50, 50, 101))
    upright = np.stack([x.ravel(), y.ravel()], axis=1)
    cosine, sine = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    picture = upright @ np.array([[cosine, -sine], [sine, cosine]]) + 100
    maps = list(windows(picture, roll, 200))
    assert len(maps) == len(WINDOWS)
    for fraction, affine in zip(WINDOWS, maps, strict=True):
        placed = picture @ affine[:, :2].T + affine[:, 2]
        band = placed[upright[:, 1] < -50 + 100 * fraction - 1]
        inside = ((band >= 0) & (band <= 1)).all(1)
        assert inside[np.abs(band[:, 0] - 0.5) < 0.5].all()
        assert band[:, 1].max() - band[:, 1].min() > 0.65
        assert placed[upright[:, 1] == -50, 1].max() < placed[upright[:, 1] == 50, 1].min()
