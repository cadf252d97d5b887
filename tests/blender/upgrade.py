"""Runs in Blender: an older version is installed and works, the newer one is installed over it and works.

upgrade.py OLDER.zip NEWER.zip VERSION
"""

import os
import sys
from pathlib import Path

import bpy
from fake_backend import NAMES

from tests.running import runs

NAME = "bl_ext.user_default.facsimile"
FACE = [(-1.0, 0.0, -1.0), (1.0, 0.0, -1.0), (1.0, 0.2, 1.0), (-1.0, 0.0, 1.0)]


def install(path: str) -> None:
    bpy.ops.extensions.package_install_files(filepath=path, repo="user_default", enable_on_install=True)
    assert NAME in bpy.context.preferences.addons


def build() -> int:
    """Builds the shapes of a new mesh. Returns the number of the backend's process."""
    mesh = bpy.data.meshes.new("Face")
    mesh.from_pydata(FACE, [], [(0, 1, 2, 3)])
    item = bpy.data.objects.new("Face", mesh)
    bpy.context.collection.objects.link(item)
    bpy.ops.object.select_all(action="DESELECT")
    item.select_set(True)
    bpy.context.view_layer.objects.active = item
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    assert item.data.shape_keys.key_blocks.keys() == ["Basis", *NAMES]
    return sys.modules[f"{NAME}.addon.session"].SESSION.queue._client.pid


def handlers() -> int:
    return len([one for one in bpy.app.handlers.load_pre if one.__module__.startswith(NAME)])


older, newer, version = sys.argv[1:]
install(older)
folder = Path(sys.modules[NAME].__file__).parent
assert (folder / "addon" / "stale.py").is_file()
bpy.context.preferences.addons[NAME].preferences.cache_folder = str(folder.parent)
listening = handlers()
assert listening > 0
first = build()
assert runs(first)

install(newer)
assert not runs(first), "the older version's backend still runs"
assert not (folder / "addon" / "stale.py").exists()
assert f'version = "{version}"' in (folder / "blender_manifest.toml").read_text()
assert bpy.context.preferences.addons[NAME].preferences.cache_folder == str(folder.parent)
assert handlers() == listening
assert not hasattr(sys.modules[f"{NAME}.addon.session"], "OLDER")
second = build()
bpy.ops.preferences.addon_disable(module=NAME)
assert not runs(second) and handlers() == 0
assert not [name for name in dir(bpy.types) if "facsimile" in name.lower()]
# Blender 4.2 as a module crashes at its end after any extension with a property group was installed twice.
os._exit(0)
