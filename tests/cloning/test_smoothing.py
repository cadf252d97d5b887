"""Noise goes, motion stays, and what touches without being joined moves apart."""

import numpy as np
import trimesh

from backend.cloning.smoothing import RADIUS, smoothed


def _sheet(height: float, steps: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """A square of 6 cm, `height` metres up."""
    axis = np.linspace(-0.03, 0.03, steps)
    x, z = np.meshgrid(axis, axis)
    points = np.stack([x.ravel(), np.full(x.size, height), z.ravel()], axis=1)
    corner = (np.arange(steps - 1)[:, None] * steps + np.arange(steps - 1)).ravel()
    quads = np.stack([corner, corner + 1, corner + steps + 1, corner + steps], axis=1)
    return points, np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]])


def test_noise_goes_and_a_smile_stays():
    points, triangles = _sheet(0.0)
    bump = 0.005 * np.exp(-(points**2).sum(1) / 0.015**2)
    noise = np.random.default_rng(0).normal(0, 0.0005, len(points))
    field = np.zeros((1, len(points), 3))
    field[0, :, 1] = bump + noise
    result = smoothed(field, points, triangles)[0, :, 1]
    assert np.abs(result - bump).std() < 0.5 * noise.std()
    assert result.max() > 0.9 * bump.max()


def test_two_lips_that_touch_move_apart():
    upper, triangles = _sheet(0.0)
    lower, _ = _sheet(-1e-5)
    points = np.concatenate([upper, lower])
    field = np.zeros((1, len(points), 3))
    field[0, len(upper) :, 1] = -0.02
    result = smoothed(field, points, np.concatenate([triangles, triangles + len(upper)]))
    assert np.abs(result - field).max() < 1e-6


def test_it_does_not_depend_on_the_tessellation():
    peaks = []
    for steps in (40, 80):
        points, triangles = _sheet(0.0, steps)
        field = np.zeros((1, len(points), 3))
        field[0, :, 1] = 0.005 * np.exp(-(points**2).sum(1) / (2 * RADIUS) ** 2)
        peaks.append(smoothed(field, points, triangles)[0, :, 1].max())
    assert abs(peaks[0] - peaks[1]) < 0.05 * peaks[1]


def test_what_is_still_stays_exactly_still():
    mesh = trimesh.creation.icosphere(subdivisions=4, radius=0.1)
    points = np.asarray(mesh.vertices)
    field = np.zeros((2, len(points), 3))
    field[1, points[:, 2] > 0.05, 1] = 0.01
    result = smoothed(field, points, np.asarray(mesh.faces))
    assert not result[0].any()
    assert not result[1, points[:, 2] <= 0.05].any()
