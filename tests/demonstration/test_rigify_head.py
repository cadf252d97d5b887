"""The open head on Rigify, built in a process of its own because Blender is one module for all."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

BUILD = """
import json, os, sys
import bpy, numpy as np
bpy.ops.wm.read_homefile(use_empty=True)
from demonstration.rigify_head import add_rigify_head
rig, meshes = add_rigify_head()
by_name = {item.name: item for item in meshes}

def places(name):
    bpy.context.view_layer.update()
    data = by_name[name].evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    points = np.empty(3 * len(data.vertices), np.float32)
    data.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)

rest = {name: places(name) for name in by_name}
drawn = {name: np.array([vertex.co for vertex in item.data.vertices]) for name, item in by_name.items()}
told = {"original": max(float(np.abs(rest[name] - drawn[name]).max()) for name in rest)}
rig.pose.bones["jaw_master"].rotation_quaternion = (0.98, 0.199, 0, 0)
moved = places("head") - rest["head"]
told["chin"], told["forehead"] = float(moved[:, 2].min()), float(np.abs(moved[rest["head"][:, 2] > 0.05]).max())
told["teeth"] = float((places("mouth") - rest["mouth"])[:, 2].min())
rig.pose.bones["jaw_master"].rotation_quaternion = (1, 0, 0, 0)
rig.pose.bones["lid.T.L.002"].location = (0, 0, -0.008)
moved = places("head") - rest["head"]
largest = np.linalg.norm(moved, axis=1).argmax()
told["lid"] = [float(np.linalg.norm(moved[largest])), *map(float, rest["head"][largest])]
rig.pose.bones["eyes"].location = (0.1, 0, 0)
told["eye"] = float(np.linalg.norm(places("eye_left") - rest["eye_left"], axis=1).max())
print("told", json.dumps(told), flush=True)
os._exit(0)
"""


def test_controls_move_what_they_are_for(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUILD],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "BLENDER_USER_RESOURCES": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("told ")]
    assert lines, done.stdout[-2000:] + done.stderr[-2000:]
    told = json.loads(lines[0][5:])
    assert told["original"] < 2e-3
    assert told["chin"] < -0.01 and told["forehead"] < 1e-4 and told["teeth"] < -0.005
    size, x, _, height = told["lid"]
    assert 0.003 < size < 0.02 and 0.015 < x < 0.05 and 0.025 < height < 0.05
    assert told["eye"] > 0.002
