"""Inside Blender: a keyed head plays a capture, is baked to a mesh cache, and that is cloned back onto it.

python round_trip.py HEAD.npz CAPTURE.npz CACHE.mdd REPORT.json

HEAD.npz: vertices (N, 3) and faces (M, 3) in Blender's frame, names (K,), deltas (K, N, 3). Uses the backend itself.
"""

import json
import struct
import sys
from pathlib import Path

import bpy
import numpy as np

bpy.ops.preferences.addon_enable(module="bl_ext.user_default.facsimile")

from bl_ext.user_default.facsimile.addon.blender_version import curves_of  # noqa: E402
from bl_ext.user_default.facsimile.addon.keyframes import key_points  # noqa: E402
from bl_ext.user_default.facsimile.addon.session import SESSION  # noqa: E402

HEAD, CAPTURE, CACHE, REPORT = map(Path, sys.argv[1:5])


def keyed_head(name: str) -> bpy.types.Object:
    """The head with its keys."""
    kept = np.load(HEAD)
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(kept["vertices"].tolist(), [], kept["faces"].tolist())
    item = bpy.data.objects.new(name, mesh)
    bpy.context.collection.objects.link(item)
    item.shape_key_add(name="Basis", from_mix=False)
    for key, delta in zip(kept["names"], kept["deltas"], strict=True):
        points = (kept["vertices"] + delta).astype(np.float32)
        item.shape_key_add(name=str(key), from_mix=False).points.foreach_set("co", points.reshape(-1))
    return item


def frames_of(item: bpy.types.Object, count: int) -> np.ndarray:
    """(T, N, 3): the evaluated mesh, frame by frame."""
    found = []
    for frame in range(1, count + 1):
        bpy.context.scene.frame_set(frame)
        mesh = item.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        points = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", points)
        found.append(points.reshape(-1, 3))
    return np.stack(found)


def cached_head(frames: np.ndarray) -> bpy.types.Object:
    """The same mesh without keys, moved by a cache of points."""
    item = keyed_head("Baked")
    item.shape_key_clear()
    with CACHE.open("wb") as stream:
        stream.write(struct.pack(">ii", *frames.shape[:2]))
        stream.write(np.arange(len(frames), dtype=">f4").tobytes() + frames.astype(">f4").tobytes())
    cache = item.modifiers.new("Cache", "MESH_CACHE")
    cache.cache_format, cache.filepath, cache.frame_start = "MDD", str(CACHE), 1
    cache.forward_axis, cache.up_axis = "POS_Y", "POS_Z"
    return item


def values_of(item: bpy.types.Object) -> dict[str, np.ndarray]:
    return {curve.data_path: key_points(curve)[:, 1] for curve in curves_of(item.data.shape_keys)}


bpy.ops.wm.read_homefile(use_empty=True)
face = keyed_head("Face")
face.select_set(True)
bpy.context.scene.render.fps = 30
assert bpy.ops.facsimile.apply_performance(filepath=str(CAPTURE)) == {"FINISHED"}
truth = values_of(face)
count = len(next(iter(truth.values())))
wanted = frames_of(face, count)
cached_head(wanted)
face.data.shape_keys.animation_data_clear()
for block in face.data.shape_keys.key_blocks:
    block.value = 0
bpy.context.scene.frame_end = count
try:
    assert bpy.ops.facsimile.clone(source="Baked") == {"FINISHED"}
finally:
    SESSION.queue.stop()
cloned, got = values_of(face), frames_of(face, count)
rest = np.load(HEAD)["vertices"]
moving = np.linalg.norm(wanted - rest, axis=2).max(0) > 1e-5 * np.ptp(rest)
error, motion = (np.linalg.norm(difference, axis=2)[:, moving].mean() for difference in (got - wanted, wanted - rest))
active = [path for path, values in truth.items() if values.std() > 0.01]
correlation = min(float(np.corrcoef(truth[path], cloned[path])[0, 1]) for path in active)
REPORT.write_text(json.dumps({"error": float(error / motion), "correlation": correlation, "active": len(active)}))
