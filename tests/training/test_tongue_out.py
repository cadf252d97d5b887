"""tongueOut on a tongue made of an ellipsoid above a floor."""

import numpy as np
import trimesh

from backend.training.tongue_out import FLATTENED, PATH, tongue_out


def test_an_ellipsoid_comes_out_flattens_and_pulls_the_floor() -> None:
    ball = trimesh.creation.icosphere(4, 1.0)
    size = np.array([0.02, 0.009, 0.032])
    tongue = np.asarray(ball.vertices) * size + [0, -0.038, 0.066]
    x, z = np.meshgrid(np.linspace(-0.02, 0.02, 9), np.linspace(0.03, 0.1, 15))
    number = np.arange(x.size).reshape(x.shape) + len(tongue)
    quads = np.stack([c.ravel() for c in (number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:])], 1)
    floor = np.stack([x.ravel(), np.full(x.size, -0.047), z.ravel()], axis=1)
    under = int(tongue[:, 1].argmin())
    nearest = len(tongue) + int(np.linalg.norm(floor - tongue[under], axis=1).argmin())
    bridge = [[under, nearest, nearest + 1]]
    vertices = np.concatenate([tongue, floor])
    triangles = np.concatenate([ball.faces, quads[:, :3], quads[:, [0, 2, 3]], bridge])
    own = np.arange(len(vertices)) < len(tongue)
    above = vertices[:, 2] < 0.045
    delta = tongue_out(vertices, triangles, own, above & ~own)

    tip = int(tongue[:, 2].argmax())
    assert np.allclose(delta[tip, 1:], PATH[-1, 1:], atol=2e-3)
    assert np.abs(delta[:, 0]).max() < 1e-6
    assert np.abs(delta[own & (vertices[:, 2] < 0.049)]).max() < 1e-3
    front = own & (vertices[:, 2] > 0.088) & (np.abs(vertices[:, 2] - 0.09) < 0.002)
    before, after = np.ptp(vertices[front, 1]), np.ptp((vertices + delta)[front, 1])
    assert FLATTENED * before * 0.8 < after < before
    assert np.linalg.norm(delta[nearest]) > 0 and np.abs(delta[above & ~own]).max() == 0
