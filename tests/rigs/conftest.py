"""Rigs on the open head: another artist's keys, and patches that move as bones do."""

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.faces.open_head import load_open_head
from backend.geometry.mesh import FaceMesh, face_mesh
from backend.performance import Performance, performance
from backend.rigs.rig import Rig, rig


@pytest.fixture(scope="session")
def mesh(open_head_shapes: Shapes) -> FaceMesh:
    """The open head with its own quads."""
    return face_mesh(open_head_shapes.vertices, load_open_head().quads)


@pytest.fixture(scope="session")
def order() -> np.ndarray:
    """(51,) the channel that each key of the keyed rig is."""
    return np.random.default_rng(2).permutation(len(ARKIT_NAMES) - 1)


@pytest.fixture(scope="session")
def keyed(mesh: FaceMesh, open_head_shapes: Shapes, order: np.ndarray) -> Rig:
    """ARKit's keys but tongueOut in another artist's hand - other strengths, and a share of their neighbours - without
    their names and in another order."""
    random = np.random.default_rng(3)
    phase = random.uniform(0, 6, (len(order), 1)) + mesh.vertices @ random.normal(0, 40, 3)
    strength = random.uniform(0.6, 1.5, (len(order), 1)) * (1 + 0.5 * np.sin(phase))
    deltas = (open_head_shapes.deltas[order] * strength[:, :, None]).astype(np.float32)
    names = tuple(f"Key.{number:03}" for number in range(1, len(order) + 1))
    return rig(mesh, names, deltas, np.zeros(len(order)), np.ones(len(order)))


@pytest.fixture(scope="session")
def patches(mesh: FaceMesh, open_head_shapes: Shapes) -> Rig:
    """Twenty places of the face that go 1 cm either way along each axis, smoothly fading around."""
    reach = np.linalg.norm(open_head_shapes.deltas, axis=2).max(0) * (open_head_shapes.parts == 0)
    places = mesh.vertices[np.argsort(-reach)[: len(reach) // 4]].astype(np.float64)
    chosen = [0]
    for _ in range(19):
        chosen.append(int(np.linalg.norm(places[:, None] - places[chosen], axis=2).min(1).argmax()))
    names, deltas = [], []
    for number, place in enumerate(places[chosen]):
        weight = np.exp(-np.square(np.linalg.norm(mesh.vertices - place, axis=1) / 0.012))
        for axis in range(3):
            names.append(f"bone {number} {'xyz'[axis]}")
            deltas.append(np.where(weight > 0.01, weight, 0.0)[:, None] * np.eye(3)[axis])
    limit = np.full(len(names), 0.01)
    return rig(mesh, tuple(names), np.array(deltas, np.float32), -limit, limit)


@pytest.fixture(scope="session")
def motion() -> Performance:
    """Ten seconds in which every channel comes and goes at its own pace, and both eyes blink fast."""
    time = np.linspace(0, 10, 300)[:, None]
    pace = np.linspace(0.5, 2.0, 52)
    weights = np.clip(np.sin(pace * time + np.arange(52)), 0.0, 1.0) ** 2
    blink = np.isin(np.arange(300) % 60, (30, 31, 32))
    weights[:, [ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight")]] = blink[:, None]
    return performance(ARKIT_NAMES, weights, 30.0)
