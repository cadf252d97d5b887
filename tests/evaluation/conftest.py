"""The independent programs that the project's measurements are checked against, and a made-up head with one shape."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.evaluation.character import BLENDER_TO_CANONICAL, Character
from backend.evaluation.icp import Reference


@pytest.fixture(scope="session")
def load_tool(corpus: Path) -> Callable[[str], ModuleType]:
    """Imports a program of the folder tools beside the corpus by name, or skips with a reason."""

    def load(name: str) -> ModuleType:
        path = corpus.parent / "tools" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        if not path.is_file() or spec is None or spec.loader is None:
            pytest.skip(f"../shared/tools/{name}.py is absent")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def lumpy_head() -> Reference:
    """An egg with a nose, about a head in size, whose jawOpen moves the lower front down."""
    rows, columns = 40, 60
    polar, around = np.meshgrid(
        np.linspace(0.02, np.pi - 0.02, rows), np.linspace(0, 2 * np.pi, columns), indexing="ij"
    )
    unit = np.stack([np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)], axis=2)
    vertices = unit.reshape(-1, 3) * (0.075, 0.11, 0.095)
    nose = np.exp(-((vertices[:, 0] / 0.015) ** 2) - ((vertices[:, 1] + 0.01) / 0.02) ** 2) * (vertices[:, 2] > 0)
    vertices[:, 2] += 0.03 * nose
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1)
    triangles = np.concatenate(
        [
            np.stack([corner, corner + columns, corner + columns + 1], axis=1),
            np.stack([corner, corner + columns + 1, corner + 1], axis=1),
        ]
    )
    deltas = np.zeros((len(ARKIT_NAMES), len(vertices), 3))
    deltas[ARKIT_NAMES.index("jawOpen"), :, 1] = -np.clip(-vertices[:, 1] - 0.02, 0, None) * (vertices[:, 2] > 0)
    return Reference(vertices, triangles, deltas)


@pytest.fixture(scope="session")
def lumpy_copy(lumpy_head: Reference) -> Character:
    """The lumpy head as a character, moved, turned and scaled, with its shape as the artist's key."""
    reference = lumpy_head
    turn = np.radians(4)
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    to_file = 17.0 * BLENDER_TO_CANONICAL.T @ rotation
    key = reference.deltas[ARKIT_NAMES.index("jawOpen")] @ to_file.T
    return Character(
        name="copy",
        path=Path("character.npz"),
        vertices=reference.vertices @ to_file.T + (3.0, -2.0, 5.0),
        faces=np.pad(reference.triangles, ((0, 0), (0, 1)), constant_values=-1),
        head=np.ones(len(reference.vertices), bool),
        key_names=("jawOpen",),
        key_deltas=key[None],
    )
