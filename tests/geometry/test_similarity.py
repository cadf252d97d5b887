import numpy as np
import pytest

from backend.geometry.similarity import apply_transform, fit_similarity, robust_similarity


def random_similarity(rng, scale=1.0):
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    matrix = np.eye(4)
    matrix[:3, :3] = scale * np.exp(rng.normal()) * rotation
    matrix[:3, 3] = 5 * scale * rng.normal(size=3)
    return matrix


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_an_exact_similarity_is_found(scale):
    rng = np.random.default_rng(0)
    matrix = random_similarity(rng, scale)
    source = rng.normal(size=(20, 3))
    found = fit_similarity(source, apply_transform(matrix, source))
    assert np.allclose(found, matrix, rtol=1e-9, atol=1e-9 * scale)


def test_points_in_one_plane_are_enough():
    rng = np.random.default_rng(1)
    matrix = random_similarity(rng)
    source = rng.normal(size=(3, 3))
    assert np.allclose(fit_similarity(source, apply_transform(matrix, source)), matrix, atol=1e-9)


def test_a_mirrored_target_gives_a_rotation():
    rng = np.random.default_rng(2)
    source = rng.normal(size=(50, 3))
    found = fit_similarity(source, source * [-1, 1, 1])
    assert np.linalg.det(found[:3, :3]) > 0
    scale = np.cbrt(np.linalg.det(found[:3, :3]))
    assert np.allclose(found[:3, :3] @ found[:3, :3].T, scale**2 * np.eye(3), atol=1e-12)


def test_weights_count_as_copies_of_points():
    rng = np.random.default_rng(3)
    source, target = rng.normal(size=(2, 12, 3))
    copies = rng.integers(1, 5, 12)
    repeated = fit_similarity(np.repeat(source, copies, axis=0), np.repeat(target, copies, axis=0))
    assert np.allclose(fit_similarity(source, target, copies), repeated, atol=1e-12)


def test_no_other_similarity_is_better():
    rng = np.random.default_rng(4)
    source = rng.normal(size=(30, 3))
    target = apply_transform(random_similarity(rng), source) + 0.3 * rng.normal(size=(30, 3))
    weights = rng.random(30)

    def cost(matrix):
        return weights @ np.square(apply_transform(matrix, source) - target).sum(1)

    best = fit_similarity(source, target, weights)
    for _ in range(200):
        axis = 1e-3 * rng.normal(size=3)
        twist = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
        rotation = np.linalg.solve(np.eye(3) - twist / 2, np.eye(3) + twist / 2)
        other = best.copy()
        other[:3, :3] = rotation @ best[:3, :3] * (1 + 1e-3 * rng.normal())
        other[:3, 3] += 1e-3 * rng.normal(size=3)
        assert cost(other) > cost(best)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (np.zeros((5, 3)), "one place"),
        (np.arange(5.0)[:, None] * [1, 2, 3], "one line"),
        (np.eye(3)[:2], "three points"),
        (np.full((4, 3), np.nan), "not finite"),
        (np.zeros((4, 2)), "correspond"),
    ],
)
def test_what_is_undefined_is_said(source, why):
    with pytest.raises(ValueError, match=why):
        fit_similarity(source, source)


def test_a_third_of_wrong_points_does_not_matter():
    rng = np.random.default_rng(5)
    matrix = random_similarity(rng)
    source = rng.normal(size=(300, 3))
    scale = np.cbrt(np.linalg.det(matrix[:3, :3]))
    target = apply_transform(matrix, source) + 0.01 * scale * rng.normal(size=(300, 3))
    target[:100] = target[:100] + scale * (rng.normal(size=(100, 3)) + np.array([3, 0, 1]))
    fit = robust_similarity(source, target)
    plain = fit_similarity(source, target)
    true = apply_transform(matrix, source)
    assert np.linalg.norm(apply_transform(fit.matrix, source) - true, axis=1).max() < 0.01 * scale
    assert np.linalg.norm(apply_transform(plain, source) - true, axis=1).max() > 0.5 * scale
    assert fit.inliers == pytest.approx(2 / 3, abs=0.03)
    assert np.allclose(fit.residuals, np.linalg.norm(apply_transform(fit.matrix, source) - target, axis=1))


def test_without_wrong_points_it_agrees_with_least_squares():
    rng = np.random.default_rng(6)
    source = rng.normal(size=(400, 3))
    target = apply_transform(random_similarity(rng), source)
    fit = robust_similarity(source, target)
    assert np.allclose(fit.matrix, fit_similarity(source, target), atol=1e-9)
    assert fit.inliers == 1.0
    noisy = target + 0.02 * rng.normal(size=target.shape)
    fit = robust_similarity(source, noisy)
    assert np.allclose(fit.matrix, fit_similarity(source, noisy), atol=5e-3)
    assert fit.inliers > 0.97


def test_wrong_points_of_no_weight_count_for_nothing():
    rng = np.random.default_rng(7)
    source = rng.normal(size=(40, 3))
    target = source.copy()
    target[:30] += 5
    target[:30] *= rng.normal(size=(30, 1))
    weights = (np.arange(40) >= 30).astype(float)
    fit = robust_similarity(source, target, weights)
    assert np.allclose(fit.matrix, np.eye(4), atol=1e-8)
    assert fit.inliers == 1.0
