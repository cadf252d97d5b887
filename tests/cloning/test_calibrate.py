"""Shapes fitted to a clip."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from backend.cloning.calibrate import calibrated_shapes, spoken_shapes
from backend.cloning.encode import encode
from backend.frames import frames_from_array


def test_shapes_become_those_that_the_clip_was_made_with(puppet):
    random = np.random.default_rng(0)
    codes = random.random((60, len(puppet.shapes.names)))
    unseen = puppet.key("browInnerUp")
    codes[:, unseen] = 0
    ours = puppet.shapes.deltas.copy()
    ours[puppet.key("jawOpen")] *= 1.3
    ours[puppet.key("mouthSmileLeft")] += 0.3 * np.abs(ours[puppet.key("mouthSmileLeft")])
    shapes = replace(puppet.shapes, deltas=ours)
    turns = Rotation.from_euler("y", np.linspace(-30, 30, 60)[:, None], degrees=True).as_matrix()
    frames = frames_from_array(puppet.posed(codes) @ turns.swapaxes(1, 2), 30)
    encoding = encode(puppet.mesh, frames, shapes)
    fitted = calibrated_shapes(puppet.mesh, frames, shapes, encoding)
    motion = np.tensordot(codes, puppet.shapes.deltas, axes=1)
    before, after = (
        np.linalg.norm(np.tensordot(encoding.performance.weights, deltas, axes=1) - motion) / np.linalg.norm(motion)
        for deltas in (ours, fitted)
    )
    assert after < 0.05
    assert after < 0.5 * before
    np.testing.assert_allclose(fitted[unseen], ours[unseen], atol=1e-4)
    still = ~np.abs(ours).any((0, 2))
    assert still.any()
    assert not fitted[:, still].any()


def test_without_a_dialect_the_shapes_are_the_heads_own(puppet):
    spoken = spoken_shapes(puppet.mesh, puppet.shapes, {})
    np.testing.assert_array_equal(spoken, puppet.shapes.deltas)
    assert spoken is not puppet.shapes.deltas
