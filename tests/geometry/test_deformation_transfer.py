import numpy as np
import pytest

from backend.geometry.deformation_transfer import transfer_deformations


@pytest.fixture
def dome() -> tuple[np.ndarray, np.ndarray]:
    """A dome over a square of 15 x 15 vertices, and its triangles."""
    side = 15
    x, y = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side), indexing="ij")
    vertices = np.stack([x, y, 0.4 - 0.3 * (x**2 + y**2)], axis=2).reshape(-1, 3)
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    first = np.stack([corner, corner + side, corner + side + 1], axis=1)
    return vertices, np.concatenate([first, np.stack([corner, corner + side + 1, corner + 1], axis=1)])


def bump(vertices: np.ndarray) -> np.ndarray:
    """A smooth displacement (1, n, 3) of the middle."""
    weight = np.exp(-4 * (vertices[:, :2] ** 2).sum(axis=1))
    return (weight[:, None] * np.array([0.05, -0.1, 0.15]))[None]


def test_on_itself_a_deformation_stays_what_it_is(dome):
    vertices, triangles = dome
    deltas = bump(vertices)
    np.testing.assert_allclose(transfer_deformations(vertices, deltas, vertices, triangles), deltas, atol=1e-9)


def test_no_deformation_gives_none(dome):
    vertices, triangles = dome
    result = transfer_deformations(vertices, np.zeros((2, *vertices.shape)), 1.7 * vertices + 0.3, triangles)
    assert np.abs(result).max() < 1e-12


def test_a_larger_copy_moves_as_much_more(dome):
    vertices, triangles = dome
    deltas = bump(vertices)
    result = transfer_deformations(vertices, deltas, 2 * vertices, triangles)
    # the place of the whole is held by a weak weight alone, so the middle against the border is what scales
    reach = result[0, 112] - result[0, 0]
    np.testing.assert_allclose(reach, 2 * (deltas[0, 112] - deltas[0, 0]), atol=0.03)
    assert np.abs(reach - (deltas[0, 112] - deltas[0, 0])).max() > 0.08


def test_a_turn_is_repeated_on_another_form(dome):
    vertices, triangles = dome
    other = vertices * [1, 1, 0.3] + 0.1 * np.sin(3 * vertices[:, [1, 2, 0]])
    turn = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]) - np.eye(3)
    result = transfer_deformations(vertices, (vertices @ turn.T)[None], other, triangles)[0]
    wanted = other @ turn.T
    error = (result - result.mean(axis=0)) - (wanted - wanted.mean(axis=0))
    assert np.abs(error).max() < 0.03 * np.abs(wanted).max()
    assert np.abs(vertices @ turn.T - wanted).max() > 0.06 * np.abs(wanted).max()


def test_slivers_do_not_explode(dome):
    vertices, triangles = dome
    flat = vertices.copy()
    flat[triangles[40]] = flat[triangles[40]].mean(axis=0)
    result = transfer_deformations(vertices, bump(vertices), flat, triangles)
    assert np.isfinite(result).all()
    assert np.abs(result).max() < 3 * np.abs(bump(vertices)).max()
