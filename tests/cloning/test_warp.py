"""The thin-plate warp."""

import numpy as np

from backend.cloning.warp import thin_plate_warp

RANDOM = np.random.default_rng(4)


def test_landmarks_arrive_within_their_noise():
    landmarks = RANDOM.uniform(-0.08, 0.08, (60, 3))
    goals = landmarks + RANDOM.normal(0, 0.004, (60, 3))
    exact = thin_plate_warp(landmarks, landmarks, goals, smoothing=1e-9)
    assert np.abs(exact - goals).max() < 1e-5
    soft = thin_plate_warp(landmarks, landmarks, goals, smoothing=0.05)
    assert 0 < np.linalg.norm(soft - goals, axis=1).mean() < 0.008


def test_a_translation_is_carried_everywhere():
    landmarks = RANDOM.uniform(-0.08, 0.08, (40, 3))
    shift = np.array([0.01, -0.02, 0.005])
    far = RANDOM.uniform(-0.5, 0.5, (100, 3))
    assert np.abs(thin_plate_warp(far, landmarks, landmarks + shift) - far - shift).max() < 1e-9


def test_a_smooth_bend_is_followed_between_landmarks():
    def bend(points: np.ndarray) -> np.ndarray:
        return points + 0.01 * np.sin(points[:, [1, 2, 0]] * 15)

    landmarks, between = RANDOM.uniform(-0.08, 0.08, (400, 3)), RANDOM.uniform(-0.07, 0.07, (200, 3))
    error = thin_plate_warp(between, landmarks, bend(landmarks), smoothing=1e-3) - bend(between)
    assert np.linalg.norm(error, axis=1).mean() < 0.15 * np.linalg.norm(bend(between) - between, axis=1).mean()
