"""What several test folders share."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.channels import ARKIT_NAMES, face_from_arkit
from backend.cloning.result import Shapes
from backend.faces.open_head import load_open_head, open_head_mesh
from backend.geometry.mesh import PARTS, FaceMesh, face_mesh
from package import package
from tests.animated_gltf import DELTAS, POINTS, Animated
from tests.flame_file import flame_entries
from tests.running import runs

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The corpus of real characters beside the checkout."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus folder ../shared/corpus is absent")
    return CORPUS


@pytest.fixture(scope="session", name="runs")
def _runs() -> Callable[[int], bool]:
    """Whether a process with this number runs."""
    return runs


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packed Blender extension."""
    return package(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def fake_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that takes a Python's arguments and is the fake backend of tests/blender."""
    program = tmp_path_factory.mktemp("fake") / "python"
    backend = Path(__file__).resolve().parent / "blender" / "fake_backend.py"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{backend}"\n')
    program.chmod(0o755)
    return program


@pytest.fixture(scope="session")
def open_head_shapes() -> Shapes:
    """The open head's own shapes as if the product had built them for open_head_mesh(); its eyes do not turn."""
    head = load_open_head()
    skin = head.parts == PARTS.index("skin")
    return Shapes(
        vertices=open_head_mesh().vertices,
        names=ARKIT_NAMES,
        deltas=np.einsum("fk,fni->kni", face_from_arkit(), head.shapes).astype(np.float32),
        parts=head.parts.astype(np.int8),
        confidence=0.5,
        reasons=("drawn by hand",),
        canonical_from_file=np.eye(4),
        seals=(),
        version="test",
        canonical=np.where(skin[:, None], head.vertices, np.nan).astype(np.float32),
    )


def _opening(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """A flat sheet 60 x 40 mm with an almond hole at the left eye's place on the canonical head: vertices and
    triangles."""
    angle = np.arange(columns) * 2 * np.pi / columns
    rim = np.stack([0.0125 * np.cos(angle), 0.005 * np.sin(angle)], axis=1)
    outer = np.stack([0.03 * np.cos(angle), 0.02 * np.sin(angle)], axis=1)
    share = np.linspace(0, 1, rows)[:, None, None]
    flat = (rim + share * (outer - rim)).reshape(-1, 2)
    vertices = np.column_stack([flat[:, 0] + 0.0325, flat[:, 1] + 0.035, np.full(len(flat), 0.0935)])
    i, j = np.mgrid[0 : rows - 1, 0:columns].reshape(2, -1)
    a, b = i * columns + j, i * columns + (j + 1) % columns
    lower = np.stack([a, a + columns, b + columns], axis=1)
    return vertices, np.concatenate([lower, np.stack([a, b + columns, b], axis=1)])


@pytest.fixture(scope="session")
def almond() -> Callable[[int, int], tuple[np.ndarray, np.ndarray]]:
    """almond(rows, columns): a sheet with an eye's opening, 25 mm wide and 10 mm high."""
    return _opening


@dataclass(frozen=True)
class Puppet:
    """A made-up head with eyeballs: its mesh in metres, y up, and its shapes."""

    mesh: FaceMesh
    shapes: Shapes

    def posed(self, codes: np.ndarray) -> np.ndarray:
        """(T, N, 3) float32 vertices under codes (T, K)."""
        return (self.mesh.vertices + np.tensordot(codes, self.shapes.deltas, axes=1)).astype(np.float32)

    def key(self, name: str) -> int:
        return self.shapes.names.index(name)


BUMPS = {
    "jawOpen": ((0.0, -0.07, 0.07), 0.03, (0.0, -0.02, 0.0)),
    "mouthSmileLeft": ((0.03, -0.04, 0.085), 0.012, (0.006, 0.006, -0.004)),
    "mouthSmileRight": ((-0.03, -0.04, 0.085), 0.012, (-0.006, 0.006, -0.004)),
    "browInnerUp": ((0.0, 0.06, 0.085), 0.02, (0.0, 0.007, 0.001)),
    "eyeBlinkLeft": ((0.03, 0.035, 0.085), 0.008, (0.0, -0.008, 0.002)),
    "eyeBlinkRight": ((-0.03, 0.035, 0.085), 0.008, (0.0, -0.008, 0.002)),
}
LOOKS = {"eyeLookOutLeft": (0, 30.0), "eyeLookInLeft": (0, -30.0), "eyeLookOutRight": (1, -30.0)}
"""Which eye each of the puppet's looks turns, and its yaw in degrees."""


def _ball(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """A unit sphere: vertices and triangles."""
    polar, around = np.meshgrid(
        np.linspace(0.02, np.pi - 0.02, rows), np.linspace(0, 2 * np.pi, columns, endpoint=False), indexing="ij"
    )
    vertices = np.stack([np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)], axis=2)
    row, column = np.mgrid[: rows - 1, :columns].reshape(2, -1)
    a, b = row * columns + column, row * columns + (column + 1) % columns
    triangles = np.concatenate([np.stack([a, a + columns, b + columns], axis=1), np.stack([a, b + columns, b], axis=1)])
    return vertices.reshape(-1, 3), triangles


@pytest.fixture(scope="session")
def puppet() -> Puppet:
    """An egg of a head whose shapes are bumps, under ARKit's names, and two eyeballs that turn."""
    skin, triangles = _ball(30, 36)
    skin = skin * (0.075, 0.11, 0.095)
    ball, ball_triangles = _ball(7, 9)
    eyes = [0.012 * ball + (side * 0.03, 0.035, 0.075) for side in (1, -1)]
    vertices = np.concatenate([skin, *eyes])
    starts = (len(skin), len(skin) + len(ball))
    faces = np.concatenate([triangles, *(ball_triangles + start for start in starts)])
    parts = np.full(len(vertices), PARTS.index("skin"), np.int8)
    for start, role in zip(starts, ("eye_left", "eye_right"), strict=True):
        parts[start : start + len(ball)] = PARTS.index(role)
    deltas = np.zeros((len(BUMPS) + len(LOOKS), len(vertices), 3), np.float32)
    for delta, (center, reach, push) in zip(deltas, BUMPS.values(), strict=False):
        fade = np.exp(-0.5 * np.square((skin - center) / reach).sum(1))
        delta[: len(skin)] = np.where(fade > 0.02, fade, 0.0)[:, None] * push
    for delta, (eye, yaw) in zip(deltas[len(BUMPS) :], LOOKS.values(), strict=True):
        turned = (0.012 * ball) @ Rotation.from_euler("y", yaw, degrees=True).as_matrix().T
        delta[starts[eye] : starts[eye] + len(ball)] = turned - 0.012 * ball
    mesh = face_mesh(vertices, faces)
    names = (*BUMPS, *LOOKS)
    return Puppet(mesh, Shapes(mesh.vertices, names, deltas, parts, 0.8, ("made up",), np.eye(4), (), "test"))


@pytest.fixture(scope="session")
def animated() -> type[Animated]:
    """A glTF of five points with two morph targets that move, to be written to a path."""
    return Animated


@pytest.fixture(scope="session")
def posed() -> Callable[[np.ndarray], np.ndarray]:
    """(T, 5, 3) the points of `animated` under weights (T, 2)."""
    return lambda weights: POINTS + np.tensordot(weights, DELTAS, axes=1)


@pytest.fixture(scope="session", name="flame_entries")
def _flame_entries() -> dict[str, object]:
    """What a FLAME pickle holds, of a made-up face: treat as read-only."""
    return flame_entries()
