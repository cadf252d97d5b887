"""Runs in Blender: builds the shapes of a head and prints a hash of its keys. build_head.py HEAD.obj"""

import hashlib
import sys

import bpy
import numpy as np

bpy.ops.wm.read_homefile(use_empty=True)
bpy.ops.preferences.addon_enable(module="bl_ext.user_default.facsimile")
bpy.ops.wm.obj_import(filepath=sys.argv[1])
(head,) = bpy.context.selected_objects
assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
blocks = head.data.shape_keys.key_blocks
points = np.empty((len(blocks), 3 * len(head.data.vertices)), np.float32)
for block, row in zip(blocks, points, strict=True):
    block.points.foreach_get("co", row)
moved = int((np.abs(points - points[0]).max(1) > 0).sum())
assert moved > 40
print("keys", len(blocks), "moved", moved, hashlib.sha256(points.tobytes()).hexdigest())
bpy.ops.preferences.addon_disable(module="bl_ext.user_default.facsimile")
