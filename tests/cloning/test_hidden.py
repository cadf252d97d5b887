"""A tongue that comes out is read from the tongue, and only where it does."""

from dataclasses import replace

import numpy as np
import pytest

from backend.cloning.encode import encode
from backend.cloning.hidden import hidden_channels
from backend.cloning.parts import ROLE
from backend.cloning.result import Shapes
from backend.frames import frames_from_array
from backend.geometry.mesh import FaceMesh, face_mesh

JAW, OUT = 0.5 * np.array([0.0, -0.02, 0.0]), np.array([0.0, -0.004, 0.03])


@pytest.fixture(scope="module")
def speaker(puppet) -> tuple[FaceMesh, Shapes]:
    """The puppet with a tongue, which follows the jaw by half and comes out at tongueOut, its tip furthest."""
    x, z = np.meshgrid(np.linspace(-0.01, 0.01, 5), np.linspace(0.02, 0.06, 9))
    tongue = np.stack([x, np.full_like(x, -0.06), z], axis=2).reshape(-1, 3)
    corner = (np.arange(8)[:, None] * 5 + np.arange(4)).reshape(-1, 1)
    count = len(puppet.mesh.vertices)
    quads = corner + np.array([0, 1, 6, 5]) + count
    triangles = np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]])
    vertices = np.concatenate([puppet.mesh.vertices, tongue])
    mesh = face_mesh(vertices, np.concatenate([puppet.mesh.triangles, triangles]))
    deltas = np.zeros((len(puppet.shapes.names) + 1, len(vertices), 3), np.float32)
    deltas[:-1, :count] = puppet.shapes.deltas
    deltas[puppet.key("jawOpen"), count:] = JAW
    deltas[-1, count:] = np.linspace(0, 1, 9).repeat(5)[:, None] * OUT
    names = (*puppet.shapes.names, "tongueOut")
    parts = np.concatenate([puppet.shapes.parts, np.full(len(tongue), ROLE["tongue"], np.int8)])
    return mesh, replace(puppet.shapes, vertices=mesh.vertices, names=names, deltas=deltas, parts=parts)


def read(mesh: FaceMesh, shapes: Shapes, frames: np.ndarray) -> np.ndarray:
    return encode(mesh, frames_from_array(frames.astype(np.float32), 30), shapes).performance.weights


def test_the_channel_that_moves_the_tongue_alone_is_hidden(speaker):
    mesh, shapes = speaker
    channels, tell = hidden_channels(shapes.deltas, np.ones(len(mesh.vertices)), shapes.parts)
    assert np.array(shapes.names)[channels].tolist() == ["tongueOut"]
    assert (shapes.parts[tell] == ROLE["tongue"]).all() and tell.sum() == 40
    none = np.zeros_like(shapes.deltas[:1])
    assert not hidden_channels(none, np.ones(len(mesh.vertices)), shapes.parts)[0].any()


def test_the_tongue_is_read_beside_jaw_and_head_motion(speaker):
    mesh, shapes = speaker
    codes = np.zeros((40, len(shapes.names)))
    codes[:, -1] = np.linspace(0, 1, 40)
    codes[:, shapes.names.index("jawOpen")] = np.abs(np.sin(np.arange(40)))
    codes[:, shapes.names.index("mouthSmileLeft")] = np.linspace(1, 0, 40)
    posed = mesh.vertices + np.tensordot(codes, shapes.deltas, axes=1) + np.sin(np.arange(40))[:, None, None]
    np.testing.assert_allclose(read(mesh, shapes, posed), codes, atol=5e-3)


def test_a_tongue_that_stays_behind_the_jaw_does_not_come_out(speaker):
    mesh, shapes = speaker
    codes = np.zeros((20, len(shapes.names)))
    codes[:, shapes.names.index("jawOpen")] = np.linspace(0, 1, 20)
    posed = mesh.vertices + np.tensordot(codes, shapes.deltas, axes=1)
    posed[:, shapes.parts == ROLE["tongue"]] = mesh.vertices[shapes.parts == ROLE["tongue"]]
    found = read(mesh, shapes, posed)
    assert found[:, -1].max() < 0.01
    np.testing.assert_allclose(found[:, shapes.names.index("jawOpen")], np.linspace(0, 1, 20), atol=1e-3)
