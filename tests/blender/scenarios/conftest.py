"""An empty scene for each test, and meshes to put into it."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

STATUS = pytest.StashKey[int]()

# The module starts with factory settings, whatever the profile says, and scenarios import the extension at once.
bpy.ops.preferences.addon_enable(module="bl_ext.user_default.facsimile")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keeps what pytest_unconfigure needs."""
    session.config.stash[STATUS] = int(exitstatus)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Blender 4.2 as a module crashes at its end after anybody's property groups were registered twice, as importers do
    theirs; this leaves before."""
    if bpy.app.version < (4, 3):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash.get(STATUS, 3))


@pytest.fixture(autouse=True)
def empty_scene() -> None:
    """A file without objects; the extension stays enabled."""
    bpy.ops.wm.read_homefile(use_empty=True)
    assert "bl_ext.user_default.facsimile" in bpy.context.preferences.addons


@pytest.fixture
def add_mesh() -> Callable[..., bpy.types.Object]:
    """Adds a selected, uneven grid of quads, bent so that no two vertices mirror each other."""

    def add(name: str, size: int = 6, seed: int = 0) -> bpy.types.Object:
        random = np.random.default_rng(seed)
        across, up = np.meshgrid(np.linspace(-1, 1, size), np.linspace(-1, 1, size))
        points = np.stack([across, 0.3 * across**2 - 0.2 * up, up], axis=2).reshape(-1, 3)
        points += random.uniform(-0.05, 0.05, points.shape)
        corner = (np.arange(size - 1)[:, None] * size + np.arange(size - 1)).reshape(-1, 1)
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(points.tolist(), [], (corner + np.array([0, 1, size + 1, size])).tolist())
        item = bpy.data.objects.new(name, mesh)
        bpy.context.collection.objects.link(item)
        item.select_set(True)
        bpy.context.view_layer.objects.active = item
        return item

    return add


@pytest.fixture
def points_of() -> Callable[..., np.ndarray]:
    """(n, 3) float32 points of a key, or of the mesh itself without a name."""

    def points(item: bpy.types.Object, key: str | None = None) -> np.ndarray:
        source = item.data.shape_keys.key_blocks[key].points if key else item.data.vertices
        values = np.empty(3 * len(source), np.float32)
        source.foreach_get("co", values)
        return values.reshape(-1, 3)

    return points
