"""Small files of every format."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.geometry.formats.small_files import TRIANGLES, VERTICES, Gltf, plain, small_files


@pytest.fixture(scope="session")
def vertices() -> np.ndarray:
    """(5, 3): the vertices of every file here: a square and a point above its middle."""
    return VERTICES


@pytest.fixture(scope="session")
def triangles() -> np.ndarray:
    """(4, 3): the triangles of every file here, the square's two first."""
    return TRIANGLES


@pytest.fixture()
def gltf() -> Gltf:
    """A plain glTF to change."""
    return plain()


@pytest.fixture()
def files() -> dict[str, bytes]:
    """name: content of a small head in every format and flavour."""
    return small_files()


@pytest.fixture()
def written(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """written(name, content): the path of a file with it."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write
