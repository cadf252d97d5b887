"""Codes, head motion and gaze read from clips whose making is known."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.channels import ICT_NAMES
from backend.cloning.dialects import canonical_skin, dialects
from backend.cloning.encode import encode
from backend.cloning.result import Shapes
from backend.errors import Cancelled, Refusal
from backend.frames import Frames, frames_from_array
from backend.geometry.mesh import face_mesh
from backend.geometry.similarity import apply_transform


@pytest.fixture(scope="module")
def codes(puppet) -> np.ndarray:
    """(40, K) random weights of the puppet's shapes that move its skin."""
    result = np.random.default_rng(3).random((40, len(puppet.shapes.names))).astype(np.float32)
    result[:, [name.startswith("eyeLook") for name in puppet.shapes.names]] = 0
    result[::7] = 0
    return result


def read(puppet, frames: np.ndarray, shapes: Shapes | None = None):
    return encode(puppet.mesh, frames_from_array(frames, 30), shapes or puppet.shapes)


def test_no_motion_is_the_zero_code(puppet):
    encoding = read(puppet, np.repeat(puppet.mesh.vertices[None], 5, axis=0))
    assert not encoding.performance.weights.any()
    assert encoding.explained == 1
    np.testing.assert_allclose(encoding.performance.head, 0, atol=1e-6)
    np.testing.assert_allclose(encoding.performance.confidence, 0.8, atol=1e-6)


def test_the_amplitude_of_a_heads_own_keys_is_exact(puppet, codes):
    encoding = read(puppet, puppet.posed(codes))
    np.testing.assert_allclose(encoding.performance.weights, codes, atol=1e-3)
    assert encoding.explained > 0.99999
    assert encoding.residual.max() < 1e-5
    assert encoding.performance.fps == 30


def test_codes_stay_between_0_and_1(puppet):
    codes = np.zeros((2, len(puppet.shapes.names)))
    codes[:, puppet.key("jawOpen")] = (-0.5, 1.4)
    weights = read(puppet, puppet.posed(codes)).performance.weights
    np.testing.assert_allclose(weights[:, puppet.key("jawOpen")], (0, 1), atol=1e-3)
    assert weights.min() >= 0 and weights.max() <= 1


def test_the_heads_motion_is_told_from_the_expression(puppet, codes):
    phase = np.linspace(0, 6, len(codes))
    turns = Rotation.from_rotvec(np.stack([0.3 * np.sin(phase), 0.6 * np.cos(2 * phase), 0.1 * phase], axis=1))
    shifts = np.stack([phase, -phase, np.sin(phase)], axis=1)
    frames = puppet.posed(codes) @ turns.as_matrix().swapaxes(1, 2) + shifts[:, None]
    motion = read(puppet, frames).performance
    np.testing.assert_allclose(motion.weights, codes, atol=5e-3)
    assert np.degrees((Rotation.from_rotvec(motion.head[:, :3]).inv() * turns).magnitude()).max() < 0.05
    np.testing.assert_allclose(motion.head[:, 3:], shifts, atol=1e-4)


def test_a_head_that_only_turns_has_no_expression(puppet):
    turns = Rotation.from_euler("y", np.linspace(-60, 60, 9)[:, None], degrees=True).as_matrix()
    motion = read(puppet, puppet.mesh.vertices @ turns.swapaxes(1, 2)).performance
    assert motion.weights.max() < 1e-3


def test_units_and_axes_of_the_file_change_nothing(puppet, codes):
    file_from_canonical = np.eye(4)
    file_from_canonical[:3, :3] = 100 * Rotation.from_euler("x", 90, degrees=True).as_matrix()
    file_from_canonical[:3, 3] = (5, -300, 80)
    mesh = replace(puppet.mesh, vertices=apply_transform(file_from_canonical, puppet.mesh.vertices).astype(np.float32))
    shapes = replace(
        puppet.shapes,
        vertices=mesh.vertices,
        deltas=(puppet.shapes.deltas @ file_from_canonical[:3, :3].T).astype(np.float32),
        canonical_from_file=np.linalg.inv(file_from_canonical),
    )
    frames = frames_from_array(apply_transform(file_from_canonical, puppet.posed(codes)), 30)
    encoding = encode(mesh, frames, shapes)
    np.testing.assert_allclose(encoding.performance.weights, codes, atol=3e-3)
    np.testing.assert_allclose(encoding.performance.head, 0, atol=1e-4)


def test_gaze_is_read_from_the_eyeballs(puppet):
    yaw = np.radians([0, 15, 30, -15, 10])
    frames = np.repeat(puppet.mesh.vertices[None], len(yaw), axis=0).astype(np.float64)
    for role in (1, 2):
        ball = np.flatnonzero(puppet.shapes.parts == role)
        center = puppet.mesh.vertices[ball].mean(0)
        turns = Rotation.from_euler("y", yaw[:, None]).as_matrix()
        frames[:, ball] = (puppet.mesh.vertices[ball] - center) @ turns.swapaxes(1, 2) + center
    motion = read(puppet, frames).performance
    np.testing.assert_allclose(motion.gaze, np.stack([yaw, 0 * yaw, yaw, 0 * yaw], axis=1), atol=2e-3)
    np.testing.assert_allclose(motion.torsion, 0, atol=2e-3)
    wanted = {"eyeLookOutLeft": (0, 0.5, 1, 0, 1 / 3), "eyeLookInLeft": (0, 0, 0, 0.5, 0)}
    for name, values in wanted.items():
        np.testing.assert_allclose(motion.weights[:, puppet.key(name)], values, atol=0.01)
    np.testing.assert_allclose(motion.weights[:, puppet.key("eyeLookOutRight")], (0, 0, 0, 0.5, 0), atol=0.01)


def test_the_artist_whose_shapes_a_clip_was_made_with_is_recognised():
    points, triangles, _ = canonical_skin()
    mesh = face_mesh(points, triangles)
    ict, makehuman = (next(one for one in dialects() if one.name == name) for name in ("ict", "makehuman"))
    common = 0.5 * (ict.shapes.shapes + makehuman.shapes.shapes)
    shapes = Shapes(
        *(mesh.vertices, ICT_NAMES, common, np.zeros(len(points), np.int8), 1.0, (), np.eye(4), (), "test"),
        canonical=mesh.vertices,
    )
    random = np.random.default_rng(4)
    codes = random.random((30, len(ICT_NAMES))) * (random.random((30, len(ICT_NAMES))) < 0.1)
    frames = frames_from_array(mesh.vertices + np.tensordot(codes, makehuman.shapes.shapes, axes=1), 30)
    heard, deaf = encode(mesh, frames, shapes, dialects()), encode(mesh, frames, shapes)
    assert heard.dialect["makehuman"] > 0.9
    assert heard.dialect["ict"] < 0.05
    assert deaf.dialect == {}
    errors = [np.abs(one.performance.weights - codes).mean() for one in (heard, deaf)]
    assert errors[0] < 0.5 * errors[1]


def test_frames_of_another_mesh_are_refused(puppet):
    with pytest.raises(Refusal, match="has 12 vertices in a frame") as caught:
        encode(puppet.mesh, frames_from_array(np.zeros((3, 12, 3)), 30), puppet.shapes)
    assert caught.value.code == "other-topology"


def test_a_face_that_no_shape_moves_is_refused(puppet):
    still = replace(puppet.shapes, deltas=np.zeros_like(puppet.shapes.deltas))
    with pytest.raises(Refusal, match="No shape moves this head's skin"):
        read(puppet, puppet.mesh.vertices[None], still)


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_it_can_be_cancelled_at_every_step(puppet, codes, after):
    calls = []

    def cancel(fraction: float, text: str) -> None:
        calls.append(fraction)
        if len(calls) > after:
            raise Cancelled

    if after == 3:
        encode(puppet.mesh, frames_from_array(puppet.posed(codes), 30), puppet.shapes, (), lambda f, _: calls.append(f))
        assert len(calls) == 3
        assert calls == sorted(calls)
        return
    with pytest.raises(Cancelled):
        encode(puppet.mesh, frames_from_array(puppet.posed(codes), 30), puppet.shapes, (), cancel)


def test_memory_does_not_grow_with_the_clip(puppet, codes, monkeypatch):
    monkeypatch.setattr("backend.cloning.encode.LEARN_FROM", 40)
    posed = puppet.posed(codes)

    def peak(count: int) -> int:
        def chunks() -> Iterator[np.ndarray]:
            for _ in range(count // len(posed)):
                yield posed

        tracemalloc.start()
        encode(puppet.mesh, Frames(count, posed.shape[1], 60, chunks), puppet.shapes)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    held = 400 * posed[0].nbytes
    assert peak(600) - peak(200) < 0.1 * held
