"""An empty scene for each test, and meshes to put into it."""

import os
import sys
from collections.abc import Callable, Iterator
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
def no_backend_left() -> Iterator[None]:
    """Afterwards nothing of a performance is at hand, and no process runs."""
    from bl_ext.user_default.facsimile.addon.performing import PERFORMING
    from bl_ext.user_default.facsimile.addon.session import SESSION

    yield
    PERFORMING.forget()
    SESSION.queue.stop()


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


@pytest.fixture
def take_file(tmp_path: Path) -> Path:
    """In 40 frames the jaw opens and closes once, the brows rise late; one channel that few faces here have."""
    # Here and not above: the extension is switched on first.
    from bl_ext.user_default.facsimile.backend.performance import performance, write_npz

    time = np.linspace(0, 1, 40)
    weights = np.stack([np.sin(np.pi * time), np.clip(2 * time - 1, 0, 1), time], axis=1)
    path = tmp_path / "take.npz"
    write_npz(path, performance(("jawOpen", "browInnerUp", "mouthPucker"), weights.astype(np.float32), 24.0))
    return path


@pytest.fixture
def rigged(add_mesh) -> tuple[bpy.types.Object, bpy.types.Object]:
    """A face whose lower part hangs on a bone that turns about an axis far behind it, and whose upper part is moved by
    a bone along z within limits; a third bone carries nothing. The fake backend's jawOpen lowers all below the middle
    by 0.1, its browInnerUp raises what is above half of the height."""
    face = add_mesh("Face", 12)
    face.select_set(False)
    armature = bpy.data.armatures.new("Rig")
    rig = bpy.data.objects.new("Rig", armature)
    bpy.context.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name, place in (("jaw", (0, 10.0, 0)), ("brow", (0, 0, 1)), ("idle", (0, 0, 2))):
        bone = armature.edit_bones.new(name)
        bone.head, bone.tail = place, (place[0], place[1], place[2] + 0.3)
    bpy.ops.object.mode_set(mode="OBJECT")
    heights = np.array([vertex.co.z for vertex in face.data.vertices])
    middle = (heights.min() + heights.max()) / 2
    half = (heights.max() - heights.min()) / 4
    for name, chosen in (("jaw", heights < middle), ("brow", heights > middle + half)):
        face.vertex_groups.new(name=name).add(np.flatnonzero(chosen).tolist(), 1.0, "REPLACE")
    face.modifiers.new("Armature", "ARMATURE").object = rig
    face.modifiers.new("Subdivision", "SUBSURF")
    limit = rig.pose.bones["brow"].constraints.new("LIMIT_LOCATION")
    limit.owner_space = "LOCAL"
    limit.use_min_y = limit.use_max_y = True
    limit.min_y, limit.max_y = -0.02, 0.05
    for name in ("jaw", "brow"):
        rig.pose.bones[name].lock_scale = (True, True, True)
    rig.pose.bones["jaw"].lock_location = (True, True, True)
    rig.pose.bones["brow"].lock_location = (True, False, True)
    rig.pose.bones["brow"].lock_rotation = (True, True, True)
    face.select_set(True)
    return face, rig
