"""The demo's scene and film, made in a Blender of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import av
import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import json, sys
from pathlib import Path
import bpy
from bpy_extras.object_utils import world_to_camera_view
from demonstration import film, heads, stage

out = Path(sys.argv[1])
cast = [heads.add_suzanne(), heads.add_open_head()]
stage.set_up(cast, (240, 120))
scene = bpy.context.scene
bpy.context.view_layer.update()
seen = {}
for head in cast:
    corners = [
        world_to_camera_view(scene, scene.camera, item.matrix_world @ vertex.co)
        for item in head.objects
        for vertex in item.data.vertices
        if vertex.co.z >= head.low[2]
    ]
    seen[head.title] = [min(c.x for c in corners), max(c.x for c in corners),
                        min(c.y for c in corners), max(c.y for c in corners)]
irises = {item.name: sum(item.data.materials[p.material_index].diffuse_color[0] < 0.1 for p in item.data.polygons)
          for head in cast for item in head.objects}
scene.frame_start, scene.frame_end = 1, 4
film.render(out / "film.mp4", out)
stage.save(out / "scene.blend", 24.0, 4)
(out / "report.json").write_text(json.dumps({"seen": seen, "irises": irises,
    "objects": [item.name for item in scene.objects]}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("stage")
    environment = os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path_factory.mktemp("profile"))}
    command = [sys.executable, "-c", SCRIPT, str(out)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_both_heads_are_in_view_side_by_side(folder: Path):
    seen = json.loads((folder / "report.json").read_text())["seen"]
    for left, right, bottom, top in seen.values():
        assert 0 <= left < right <= 1
        assert -0.02 <= bottom < 0.15
        assert 0.85 < top <= 1
    (_, monkey_right, *_), (open_left, *_) = seen["Suzanne"], seen["the open head"]
    assert monkey_right < open_left


def test_eyes_have_irises_and_skin_has_none(folder: Path):
    irises = json.loads((folder / "report.json").read_text())["irises"]
    assert irises["Suzanne"] > 10
    assert irises["OpenHead eye left"] > 10
    assert irises["OpenHead eye right"] > 10
    assert irises["OpenHead head"] == 0


def test_the_default_scene_is_cleared_away(folder: Path):
    names = json.loads((folder / "report.json").read_text())["objects"]
    assert "Cube" not in names
    assert "Light" not in names
    assert names.count("Camera") == 1


def test_the_film_has_every_frame_and_something_to_see(folder: Path):
    with av.open(str(folder / "film.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 4
    assert frames[0].shape == (120, 240, 3)
    assert frames[0][:, :120].std() > 20
    assert frames[0][:, 120:].std() > 20


def test_the_scene_is_saved(folder: Path):
    assert (folder / "scene.blend").stat().st_size > 100_000
