"""Sphere fits recover spheres and caps, and refuse what is none."""

import numpy as np
import pytest

from backend.geometry.sphere import fit_sphere


def test_a_noisy_cap_with_a_bulge():
    random = np.random.default_rng(0)
    ray = random.standard_normal((400, 3))
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    ray = ray[ray[:, 2] > 0]
    points = [1.0, 2.0, 3.0] + 0.5 * ray * (1 + 0.002 * random.standard_normal((len(ray), 1)))
    points[ray[:, 2] > 0.9] += [0, 0, 0.03]
    center, radius, off = fit_sphere(points)
    assert np.abs(center - [1, 2, 3]).max() < 0.01
    assert radius == pytest.approx(0.5, rel=0.01)
    assert off < 0.02


def test_planes_and_few_points_have_no_radius():
    flat = np.random.default_rng(1).standard_normal((20, 3)) * [1, 1, 0]
    assert np.isinf(fit_sphere(flat)[1])
    assert np.isinf(fit_sphere(np.eye(3))[1])
