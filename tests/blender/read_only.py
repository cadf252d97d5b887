"""Runs in Blender: builds shapes, looks at them and opens log and manual with the extension in a folder that cannot be
written to.

Exits with 77 where such a folder cannot be made.
"""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

EXTENSION = Path(os.environ["BLENDER_USER_RESOURCES"]) / "extensions" / "user_default" / "facsimile"
CANNOT = 77
NEW_MOUNTS = 0x20000


def make_read_only(folder: Path) -> bool:
    """Mount a folder onto itself for this process alone, and not for writing. False where that is not allowed."""
    if ctypes.CDLL(None).unshare(NEW_MOUNTS):
        return False
    commands = (
        ("--make-rprivate", "/"),
        ("--bind", folder, folder),
        ("-o", "remount,bind,ro", folder),
    )
    return all(subprocess.run(["mount", *command], capture_output=True).returncode == 0 for command in commands)


if sys.platform != "linux" or os.geteuid() != 0 or not make_read_only(EXTENSION):
    sys.exit(CANNOT)
try:
    (EXTENSION / "written").touch()
except OSError:
    pass
else:
    sys.exit("The folder can be written to.")

import bpy  # noqa: E402

bpy.ops.wm.read_homefile(use_empty=True)
bpy.ops.preferences.addon_enable(module="bl_ext.user_default.facsimile")
bpy.ops.mesh.primitive_grid_add()
assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
assert "jawOpen" in bpy.context.object.data.shape_keys.key_blocks
assert bpy.ops.facsimile.open_log() == {"FINISHED"}
assert bpy.ops.facsimile.copy_report() == {"FINISHED"}
assert bpy.ops.facsimile.remove_shapes() == {"FINISHED"}
bpy.ops.preferences.addon_disable(module="bl_ext.user_default.facsimile")
print("all done")
